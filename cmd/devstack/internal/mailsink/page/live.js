// Shows new mails when they arrive, but not while the filter is being edited.
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
