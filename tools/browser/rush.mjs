// Changes some 10,000 seats a second, looks whether the live house shows them all, and
// reports how busy that keeps its main thread.

import { call, shootAll, url, withPage } from "./browser.mjs";

const places = 10_000, sections = 6, rows = 50, seatsPerRow = 100, seconds = 10;

const { accessToken: token } = await call("POST", "/auth/login", { email: "admin@eventra.test", password: "demo-admin-password" });
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
const event = await call("POST", "/events", { title: "A rush", startsAt: inDays(30), endsAt: inDays(31), category: "concert",
	venue: { name: "Hall", city: "Berlin", country: "DE", timezone: "Europe/Berlin" } }, token);
await call("POST", `/events/${event.id}/seats`, { sections: Array.from({ length: sections }, (_, i) => ({ name: "S" + (i + 1), rows: Array.from({ length: rows }, (_, k) => String(k + 1)), seatsPerRow,
	price: { amount: 5000, currency: "EUR" } })).concat({ name: "Floor", capacity: places, price: { amount: 3000, currency: "EUR" } }) }, token);
await call("POST", `/events/${event.id}/publish`, undefined, token);

await withPage(async (page) => {
	await page.setViewport({ width: 1280, height: 900 });
	await page.evaluateOnNewDocument(() => {
		globalThis.longTasks = [];
		new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => task.duration))).observe({ type: "longtask", buffered: true });
	});
	await page.goto(`${url}/events/${event.id}`);
	const shown = () => page.$eval("#count-available", (e) => Number(e.textContent.replace(/\D/g, "")));
	const total = sections * rows * seatsPerRow + places;
	await page.waitForFunction((n) => Number(document.getElementById("count-available").textContent.replace(/\D/g, "")) === n, {}, total);

	const before = await page.metrics(), began = Date.now();
	let changes = 0, blocked = 0, floor = 0;
	for (let n = 0; Date.now() - began < seconds * 1000; n++) {
		const block = Math.floor(n / sections) % 2 === 0;
		const { changed } = await call("PATCH", `/events/${event.id}/seats`,
			{ section: "S" + (1 + n % sections), set: { status: block ? "BLOCKED" : "AVAILABLE", ...(block && { reason: "a rush" }) } }, token);
		const level = n % 100 * 50;
		await call("PATCH", `/events/${event.id}/sections/Floor`, { blocked: level }, token);
		changes += changed + 1;
		blocked += (block ? changed : -changed) + level - floor;
		floor = level;
		await new Promise((resolve) => setTimeout(resolve, 400)); // a pace, so that the server is not what is measured
	}
	const after = await page.metrics();
	await page.waitForFunction((n) => Number(document.getElementById("count-available").textContent.replace(/\D/g, "")) === n, {}, total - blocked);
	const elapsed = after.Timestamp - before.Timestamp, busy = (after.TaskDuration - before.TaskDuration) / elapsed, rate = changes / elapsed;
	console.log(`${Math.round(rate)} changes a second, the main thread ${Math.round(busy * 100)} % busy, ${await shown()} of ${total} free at the end`);
	console.log(`${(await page.evaluate(() => longTasks)).map((ms) => Math.round(ms)).join(", ") || "no"} ms were the tasks of more than 50 ms, the first of them while the page was loaded`);
	await shootAll(page, "rush");
});
