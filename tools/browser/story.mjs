// Lives the story of a buyer at the live house, by keyboard alone.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check, demo, holds, shoot, tabTo, url, withPage } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// inspect lets axe-core look at the page as it is, light and dark. The page's policy admits
// no foreign script, so it runs apart from the page's own.
async function inspect(page, state) {
	for (const scheme of ["light", "dark"]) {
		await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
		const { violations } = await page.evaluate(`${axe}; axe.run()`);
		const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
		check(grave.length === 0, `${state}, ${scheme}: ${JSON.stringify(grave.map((v) => [v.id, v.nodes.map((n) => n.target)]))}`);
		await shoot(page, `${state}-${scheme}`);
	}
	console.log(`${state}: nothing serious`);
}

await withPage(async (page) => {
	const { keyboard } = page;
	await page.setViewport({ width: 1280, height: 900 });
	await page.goto(url);
	await page.waitForSelector("#events li a");
	await inspect(page, "front");
	await tabTo(page, "#events a");
	await keyboard.press("Enter");
	await holds(page, "#connection", "live");
	await holds(page, "#count-available", "[1-9]");
	check(page.url() === demo, `the first event is at ${page.url()}`);
	await inspect(page, "house");

	await tabTo(page, "#best-quantity");
	await keyboard.type("2");
	await keyboard.press("Enter");
	await tabTo(page, "#email");
	await inspect(page, "login");
	await keyboard.type("user@eventra.test");
	await tabTo(page, "#password");
	await keyboard.type("wrong password");
	await keyboard.press("Enter");
	await holds(page, "#login-message", ".");
	await keyboard.down("Control");
	await keyboard.press("a");
	await keyboard.up("Control");
	await keyboard.type("demo-user-password");
	await keyboard.press("Enter");
	await holds(page, "#countdown", "[0-9]:[0-9]{2}");
	await holds(page, "#count-held", "^[1-9]");
	await inspect(page, "held");

	await tabTo(page, "#card");
	await keyboard.type("is declined");
	await tabTo(page, "#pay button");
	await keyboard.press("Enter");
	await holds(page, "#message", "declined");
	await inspect(page, "declined");
	await tabTo(page, "#card");
	await keyboard.type("pays");
	await tabTo(page, "#pay button");
	await keyboard.press("Enter");
	await holds(page, "#booking-status", "Confirmed");
	await inspect(page, "confirmed");
	console.log(await page.$eval("#booking-status", (e) => e.textContent));

	await tabTo(page, "#another");
	await keyboard.press("Enter");
	await tabTo(page, "#row-seats button");
	const seat = await page.evaluate(() => document.activeElement.dataset.seat);
	await keyboard.press("Space");
	await holds(page, "#announcement", "chosen");
	await inspect(page, "chosen");
	await tabTo(page, "#hold");
	await keyboard.press("Enter");
	await holds(page, "#booking-items", seat);
	await tabTo(page, "#release");
	await keyboard.press("Enter");
	await holds(page, "#booking-status", "free again");

	for (const width of [360, 768]) {
		await page.setViewport({ width, height: 900 });
		await page.reload();
		await holds(page, "#count-available", "[1-9]");
		const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		check(over <= 0, `at ${width} px the page is ${over} px too wide`);
		await inspect(page, `house-${width}`);
	}
});
