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

export function check(condition, message) {
	if (!condition) throw new Error(message);
}
