// What the checks share: a browser, a client of the API, and waits that end.

import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import puppeteer from "puppeteer-core";

export const url = process.env.EVENTRA_URL ?? "http://127.0.0.1:8080";
export const demo = `${url}/events/01900000-0000-7000-8000-0000000000e1`;
const most = 15_000; // milliseconds that anything may take

// withPage opens a page, and fails if it complains of anything but refusals and what is expected.
export async function withPage(use, expected = /status of (304|401|402|403|404|409|429|503)/) {
	const executablePath = process.env.CHROMIUM ?? execFileSync("sh", ["-c", "command -v chromium || command -v google-chrome"], { encoding: "utf8" }).trim();
	const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
	try {
		const page = await browser.newPage();
		page.setDefaultTimeout(most);
		const faults = [];
		const note = (fault) => expected.test(fault) || faults.push(fault);
		page.on("pageerror", (error) => note(error.message));
		page.on("console", (message) => message.type() === "error" && note(message.text()));
		await use(page);
		if (faults.length) throw new Error(`the page complains: ${faults.join("; ")}`);
	} finally {
		await browser.close();
	}
}

// call sends a request to the API and returns its answer.
export const call = (...request) => callAt(url, ...request);

export async function callAt(instance, method, path, body, token) {
	const response = await fetch(instance + "/api/v1" + path, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(most),
		headers: { "Content-Type": "application/json", ...(token && { Authorization: "Bearer " + token }) } });
	const answer = await response.json();
	if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
	return answer;
}

// until asks again until there is an answer.
export async function until(what, ask) {
	for (const began = Date.now(); Date.now() - began < most; await pause(50)) {
		const answer = await ask();
		if (answer) return answer;
	}
	throw new Error(`${what} does not come`);
}

export async function shoot(page, name) {
	await page.screenshot({ path: `bin/screenshots/${name}.png`, fullPage: true });
}

// shootAll takes a picture on a telephone, a tablet and a desk, light and dark.
export async function shootAll(page, name) {
	for (const width of [360, 768, 1280]) {
		await page.setViewport({ width, height: 900 });
		for (const scheme of ["light", "dark"]) {
			await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
			const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			check(over <= 0, `${name}: at ${width} px the page is ${over} px too wide`);
			await shoot(page, `${name}-${width}-${scheme}`);
		}
	}
}

// tabTo presses Tab until an element has the focus.
export async function tabTo(page, selector) {
	for (let n = 0; n < 120; n++) {
		if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
		await page.keyboard.press("Tab");
	}
	throw new Error(`Tab does not come to ${selector}`);
}

// holds waits until an element is visible and its text matches.
export const holds = (page, selector, pattern) => page.waitForFunction((s, p) => {
	const element = document.querySelector(s);
	return element.checkVisibility() && new RegExp(p).test(element.textContent);
}, {}, selector, pattern);

export function check(condition, message) {
	if (!condition) throw new Error(message);
}
