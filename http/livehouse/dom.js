// Small things for the document.

export const $ = (id) => document.getElementById(id);

// element makes an element with properties and children.
export function element(name, properties = {}, ...children) {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
}

// money writes an amount in its currency's minor units for people.
export function money({ amount, currency }) {
	const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
	return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// say shows what went wrong, until the next step.
export function say(text) {
	$("message").textContent = text;
}

// announce tells those who hear the page what happened.
export function announce(text) {
	$("announcement").textContent = text;
}
