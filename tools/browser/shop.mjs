// Lives the story at a shop's page of another origin, served by this program, at the
// instances of EVENTRA_URLS. EVENTRA_CORS_ORIGINS names the shop, and no other origin.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { callAt, check, shoot, until, withPage } from "./browser.mjs";

const shop = process.env.EVENTRA_CORS_ORIGINS, instances = process.env.EVENTRA_URLS.split(" ");
const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript" };
const email = `shop-${crypto.randomUUID()}@example.org`, password = "a password of a shop";
const call = (...request) => callAt(instances[0], ...request);

// serve serves the page at an origin.
async function serve(origin) {
	const server = createServer(async (request, response) => {
		const path = new URL(request.url, origin).pathname, file = path === "/" ? "/index.html" : path;
		const content = await readFile(new URL("shop" + file, import.meta.url)).catch(() => undefined);
		response.writeHead(content ? 200 : 404, { "Content-Type": types[extname(file)] ?? "text/plain" }).end(content);
	});
	const { hostname, port } = new URL(origin);
	await new Promise((listening, failed) => server.on("error", failed).listen(port, hostname, listening));
	return server;
}

const { accessToken: admin } = await call("POST", "/auth/login", { email: process.env.EVENTRA_ADMIN_EMAIL, password: process.env.EVENTRA_ADMIN_PASSWORD });
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
const event = await call("POST", "/events", { title: "Sold by a shop", startsAt: inDays(30), endsAt: inDays(31), category: "concert",
	venue: { name: "Hall", city: "Berlin", timezone: "Europe/Berlin" } }, admin);
await call("POST", `/events/${event.id}/seats`, { sections: [{ name: "A", rowCount: 2, seatsPerRow: 5, price: { amount: 5000, currency: "EUR" } }] }, admin);
await call("POST", `/events/${event.id}/publish`, undefined, admin);

const address = (origin) => `${origin}/?event=${event.id}&${instances.map((i) => "api=" + encodeURIComponent(i)).join("&")}`;
const says = (page, text) => page.waitForFunction((t) => document.getElementById("message").textContent.includes(t), {}, text);
const becomes = (page, seat, status) => page.waitForSelector(`[data-seat="${seat}"][data-status="${status}"]`);
const ask = (page, ...request) => page.evaluate(async (r) => (await import("/shop.js")).ask(...r), request);

async function tokenOfMail() {
	const mails = await until("the mail", async () => {
		const found = await (await fetch(`${process.env.EVENTRA_DEV_MAIL_URL}/api/messages?to=${encodeURIComponent(email)}`)).json();
		return found.length > 0 && found;
	});
	return /token=([\w-]+)/.exec(mails[0].text)[1];
}

// story is what a buyer does, and what the page sees of it.
async function story(page) {
	await page.setViewport({ width: 900, height: 900 });
	await page.goto(address(shop));
	await becomes(page, "A-1-1", "AVAILABLE");
	await page.type("#account [name=email]", email);
	await page.type("#account [name=password]", password);
	await page.click("#account [name=register]");
	await says(page, "A mail is on its way");
	await page.click('[data-seat="A-1-1"]');
	await says(page, "email_not_verified");
	await page.type("#verify [name=token]", await tokenOfMail());
	await page.click("#verify button");
	await says(page, "Your address is verified");
	await page.click("#account [name=login]");
	await says(page, "Welcome");
	await page.click('[data-seat="A-1-1"]');
	await says(page, "A-1-1 is held");
	await becomes(page, "A-1-1", "HELD");
	await page.click("#pay");
	await says(page, "Paid");
	await becomes(page, "A-1-1", "BOOKED");
	await shoot(page, "shop");
	const { items } = await call("GET", "/admin/bookings?email=" + encodeURIComponent(email), undefined, admin);
	await call("POST", `/bookings/${items[0].id}/refunds`, { items: "all" }, admin);
	await becomes(page, "A-1-1", "AVAILABLE");
}

// headers looks at what a page of another origin may read.
async function headers(page) {
	const read = (answer, ...names) => names.forEach((name) => check(answer.headers[name.toLowerCase()] !== undefined, `the page cannot read ${name}: ${JSON.stringify(answer)}`));
	const details = await ask(page, "GET", `/events/${event.id}`);
	read(details, "ETag", "X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset");
	const unchanged = await ask(page, "GET", `/events/${event.id}`, undefined, { "If-None-Match": details.headers.etag });
	check(unchanged.status === 304, `If-None-Match: ${unchanged.status}`);
	const order = ["POST", "/bookings", { eventId: event.id, items: [{ seat: "A-2-1" }] }, { "Idempotency-Key": crypto.randomUUID() }];
	const held = await ask(page, ...order);
	read(held, "Location");
	read(await ask(page, ...order), "Idempotency-Replayed");
	const taken = await ask(page, "POST", "/bookings", { eventId: event.id, items: [{ seat: "A-2-1" }] });
	check(taken.status === 409 && taken.body.code === "seats_unavailable" && taken.body.unavailable[0] === "A-2-1", `taken: ${JSON.stringify(taken)}`);
	check((await ask(page, "DELETE", `/bookings/${held.body.id}`)).status === 200, "DELETE is refused");
	const lost = await ask(page, "GET", "/nowhere");
	check(lost.status === 404 && lost.body.code === "not_found", `an unknown route: ${JSON.stringify(lost)}`);
	const renewed = await page.evaluate(async () => (await import("/shop.js")).refresh());
	check(renewed.status === 200 && (await ask(page, "GET", "/auth/me")).body.email === email, `refresh: ${renewed.status}`);
	const wrong = { email: `nobody-${crypto.randomUUID()}@example.org`, password: "a wrong password" };
	const limited = await until("too many logins", async () => {
		const answer = await ask(page, "POST", "/auth/login", wrong);
		return answer.status === 429 && answer;
	});
	read(limited, "Retry-After");
	const raw = await fetch(`${instances[0]}/api/v1/events/${event.id}`, { headers: { Origin: shop } });
	check(/Eventra-Stale/i.test(raw.headers.get("Access-Control-Expose-Headers")), "Eventra-Stale is not exposed");
}

// stranger is a page of an origin that is not allowed.
async function stranger(page) {
	await page.goto(address(third)).catch(() => undefined);
	const asks = (body) => page.evaluate(async (url, b) => fetch(url, { method: b ? "POST" : "GET", body: b && JSON.stringify(b), headers: b && { "Content-Type": "application/json" } }).then((r) => r.status, (e) => e.name),
		instances[0] + (body ? "/api/v1/auth/register" : `/api/v1/events/${event.id}`), body);
	check(await asks() === "TypeError", "a third origin reads");
	const intruder = { email: "third-" + email, password, name: "Third" };
	check(await asks(intruder) === "TypeError", "a third origin registers");
	const login = await fetch(instances[0] + "/api/v1/auth/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: intruder.email, password }) });
	check(login.status === 401, `the third origin's account: ${login.status}`);
	check(await page.$$eval("#seats [data-seat]", (seats) => seats.length) === 0, "a third origin sees the stream");
}

const third = shop.replace(/\d+$/, (port) => Number(port) + 1);
const servers = [await serve(shop), await serve(third)];
try {
	await withPage(async (page) => {
		await story(page);
		await headers(page);
	});
	console.log(`shop: the story is lived at ${shop}`);
	await withPage(stranger, /CORS policy|ERR_FAILED|Failed to fetch/);
	console.log(`shop: ${third} is refused`);
} finally {
	servers.forEach((server) => server.close());
}
