// Lets a hold run out at the live house, by keyboard alone, in a house with blocked seats,
// sold ones, and standing places.

import { call, check, holds, shootAll, tabTo, url, withPage } from "./browser.mjs";

const { accessToken: token } = await call("POST", "/auth/login", { email: "admin@eventra.test", password: "demo-admin-password" });
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
const event = await call("POST", "/events", { title: "Soon over", startsAt: inDays(30), endsAt: inDays(31), category: "concert", holdSeconds: 5,
	venue: { name: "Hall", city: "Berlin", country: "DE", timezone: "Europe/Berlin" } }, token);
const price = { amount: 5000, currency: "EUR" };
await call("POST", `/events/${event.id}/seats`, { sections: [{ name: "A", rowCount: 8, seatsPerRow: 20, price }, { name: "Floor", capacity: 100, price }] }, token);
await call("POST", `/events/${event.id}/publish`, undefined, token);
await call("PATCH", `/events/${event.id}/seats`, { section: "A", row: "8", set: { status: "BLOCKED", reason: "the mixer" } }, token);
await call("PATCH", `/events/${event.id}/sections/Floor`, { blocked: 10 }, token);
const sold = await call("POST", "/bookings", { eventId: event.id, items: [...[7, 8, 9].map((n) => ({ seat: `A-2-${n}` })), { section: "Floor", quantity: 7 }] }, token);
await call("POST", `/bookings/${sold.id}/payments`, { method: "mock", token: "tok_ok" }, token);

await withPage(async (page) => {
	const { keyboard } = page;
	await page.setViewport({ width: 1280, height: 900 });
	await page.goto(`${url}/events/${event.id}`);
	await holds(page, "#count-blocked", "^30$");
	await holds(page, "#count-booked", "^10$");
	await shootAll(page, "floor");
	await tabTo(page, "#section");
	await keyboard.type("Floor");
	await tabTo(page, "#places");
	await keyboard.press("ArrowUp");
	await tabTo(page, "#add-places");
	await keyboard.press("Enter");
	await holds(page, "#cart", "2 × Floor");
	await tabTo(page, "#hold");
	await keyboard.press("Enter");
	await tabTo(page, "#email");
	await keyboard.type("user@eventra.test");
	await tabTo(page, "#password");
	await keyboard.type("demo-user-password");
	await keyboard.press("Enter");
	await holds(page, "#countdown", "0:0[1-5]");
	await holds(page, "#count-held", "^2$");
	await holds(page, "#booking-status", "deadline has passed");
	await holds(page, "#count-held", "^0$");
	check(await page.evaluate(() => document.activeElement.id === "booking-heading"), "the focus is lost when the deadline passes");
	await tabTo(page, "#another");
	await keyboard.press("Enter");
	check(await page.evaluate(() => document.activeElement.id === "best-quantity"), "the focus is not where one chooses again");
	console.log("deadline: a hold has run out");
});
