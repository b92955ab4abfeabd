// A live house: the seats of one event as they are held and sold, and a way to buy some. It
// uses the public API alone.

import { API, newKey } from "./api.js";
import { Checkout } from "./booking.js";
import { Choice } from "./choose.js";
import { $, announce, element, say } from "./dom.js";
import { AVAILABLE, BLOCKED, BOOKED, HELD, House } from "./house.js";
import { Painter } from "./painter.js";
import { Plan } from "./plan.js";

const eventId = location.pathname.split("/").pop();
const api = new API(), house = new House();
let event, pricing, rowIsOld = false;

const painter = new Painter($("plan"), house, (seat) => choice.toggle(seat));
const choice = new Choice(house, (chosen) => {
	const changed = [...painter.chosen, ...chosen].map((seat) => house.index.get(seat)).filter((i) => i !== undefined); // some may have been removed
	painter.chosen = chosen;
	painter.paint(changed);
}, hold);
$("zoom-in").addEventListener("click", () => painter.zoom(1.5));
$("zoom-out").addEventListener("click", () => painter.zoom(1 / 1.5));
$("zoom-fit").addEventListener("click", () => painter.fit());
const checkout = new Checkout(api, () => choice.clear());

// hold asks for seats, after a login if there was none.
let held = { wish: "", key: "" }; // a request without an answer is sent again under its key
async function hold(wish) {
	if (!api.loggedIn) return login(() => hold(wish));
	say("");
	const text = JSON.stringify(wish);
	if (held.wish !== text) held = { wish: text, key: newKey() };
	try {
		const booking = await api.call("POST", "/bookings", { eventId, ...wish }, held.key);
		choice.clear();
		checkout.show(booking);
		held.wish = "";
	} catch (problem) {
		if (problem.status !== 0) held.wish = "";
		say(problem.suggestions ? `${problem.message}. For instance ${problem.suggestions[0].join(", ")} would do.` : problem.message);
	}
}

// login asks who buys, then goes on.
let afterLogin;
function login(then) {
	afterLogin = then;
	$("login-message").textContent = "";
	$("login").showModal();
}
$("account").addEventListener("click", () => login(resume));
$("login-cancel").addEventListener("click", () => $("login").close());
$("login-form").addEventListener("submit", async (submitted) => {
	submitted.preventDefault();
	try {
		await api.login($("email").value, $("password").value);
	} catch (problem) {
		$("login-message").textContent = problem.message;
		return;
	}
	$("login").close();
	$("password").value = "";
	$("account").hidden = true;
	announce("Logged in");
	afterLogin();
});

// resume goes on with a hold that was made before the page was loaded.
async function resume() {
	const open = await api.call("GET", `/bookings?eventId=${eventId}&status=HELD&limit=1`).catch(() => ({ items: [] }));
	if (open.items.length) checkout.show(open.items[0]);
}

function showCounts() {
	house.tick(Date.now());
	const counts = house.counts();
	const shown = { available: counts[AVAILABLE], held: counts[HELD], booked: counts[BOOKED], blocked: counts[BLOCKED], rate: house.rate() };
	for (const [name, n] of Object.entries(shown)) $("count-" + name).textContent = n.toLocaleString();
	$("plan").ariaLabel = `The seats of the event: ${shown.available} free, ${shown.held} held, ${shown.booked} sold`;
	if (!rowIsOld) return;
	rowIsOld = false;
	choice.showSeats();
}
setInterval(showCounts, 1000);

const mark = (path, colour) => {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	svg.setAttribute("viewBox", "0 0 10 10");
	svg.ariaHidden = "true";
	const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
	for (const [name, value] of [["d", path], ["fill", path.endsWith("z") ? `var(--${colour})` : "none"], ["stroke", `var(--${colour})`], ["stroke-width", path.endsWith("z") ? 0 : 2]]) shape.setAttribute(name, value);
	svg.append(shape);
	return svg;
};

function showLegend(categories) {
	const full = "M0 0h10v10h-10z";
	$("legend").replaceChildren(
		...categories.map((name, i) => element("li", {}, mark(full, "category-" + i % 6), name)),
		element("li", {}, mark("M1 1h8v8h-8v-8", "held"), "held"),
		element("li", {}, mark("M5 1a4 4 0 0 1 0 8a4 4 0 0 1 0 -8z", "booked"), "sold"),
		element("li", {}, mark("M1 1l8 8M9 1l-8 8", "blocked"), "blocked"));
}

// show takes a snapshot: at the beginning, after seats were added or removed, or priced anew.
async function show(snapshot) {
	house.load(snapshot);
	pricing = await api.call("GET", `/events/${eventId}/pricing`).catch(() => pricing ?? { currency: "", categories: [], ticketTypes: [], prices: [] });
	const categories = pricing.categories.map((category) => category.name);
	painter.show(new Plan(house), categories);
	choice.show(event, pricing);
	showLegend(categories);
	showCounts();
}

const saleStates = { UPCOMING: "The sale has not begun.", OPEN: "", ENDED: "The sale is over.", CANCELLED: "The event is cancelled." };

async function start() {
	try {
		event = await api.call("GET", `/events/${eventId}`);
	} catch (problem) {
		$("title").textContent = problem.status === 404 || problem.status === 422 ? "There is no such event" : "Eventra";
		$("connection").hidden = true;
		return say(problem.message);
	}
	document.title = $("title").textContent = event.title;
	const when = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short", timeZone: event.venue?.timezone });
	$("when").textContent = [when.format(new Date(event.startsAt)), event.venue?.name, event.venue?.city].filter(Boolean).join(" · ");
	let shown = Promise.resolve();
	const stream = api.watch(eventId, {
		connected: (live) => {
			$("connection").textContent = live ? "live" : "connecting";
			$("connection").classList.toggle("live", live);
		},
		snapshot: (snapshot) => { shown = shown.then(() => show(snapshot)); },
		delta: (delta) => { shown = shown.then(() => change(delta)); },
		sale: ({ state }) => say(saleStates[state] ?? ""),
	});
	addEventListener("pagehide", () => stream.close());
}

function change(delta) {
	const { seats, sections } = house.apply(delta, Date.now());
	choice.taken(seats);
	painter.paint(seats, sections);
	rowIsOld = true;
}

start();
