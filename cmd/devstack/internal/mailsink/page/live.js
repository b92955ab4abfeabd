// Shows new mails as they come, without disturbing somebody who is typing.
setInterval(async () => {
	if (document.hidden || document.activeElement?.id === "to") return;
	try {
		const page = await (await fetch(location)).text();
		const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("main");
		const shown = document.querySelector("main");
		if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(fresh);
	} catch {
		// The stack is down; the mails stay on the screen.
	}
}, 2000);
