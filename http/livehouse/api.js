// The client of the public API: requests with a token, problems as errors, and the stream.

const base = "/api/v1";

export class Problem extends Error {
	constructor(status, body) {
		super(body.detail ?? body.title ?? `HTTP ${status}`);
		Object.assign(this, body, { status });
	}
}

export class API {
	#access = "";
	#refresh = "";

	get loggedIn() {
		return this.#access !== "";
	}

	async login(email, password) {
		this.#take(await this.#send("POST", "/auth/login", { email, password }));
	}

	#take(tokens) {
		this.#access = tokens.accessToken;
		this.#refresh = tokens.refreshToken;
	}

	// call sends a request, once more with a new token if the old one has run out. A request
	// that changes something has a key, so that sending it again changes it once.
	async call(method, path, body, key) {
		try {
			return await this.#send(method, path, body, key);
		} catch (problem) {
			if (problem.status !== 401 || !this.#refresh) throw problem;
			const refreshToken = this.#refresh;
			this.#access = this.#refresh = "";
			this.#take(await this.#send("POST", "/auth/refresh", { refreshToken }));
			return this.#send(method, path, body, key);
		}
	}

	async #send(method, path, body, key) {
		const headers = {};
		if (this.#access) headers.Authorization = "Bearer " + this.#access;
		if (body !== undefined) headers["Content-Type"] = "application/json";
		if (key) headers["Idempotency-Key"] = key;
		let response;
		try {
			response = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
		} catch {
			throw new Problem(0, { detail: "The server does not answer. Try again." });
		}
		this.clock = Date.parse(response.headers.get("Date")) + 500 - Date.now() || 0; // the header counts whole seconds
		const answer = await response.json().catch(() => ({}));
		if (!response.ok) throw new Problem(response.status, answer);
		return answer;
	}

	// watch follows the seats of an event. Its stream goes on after interruptions.
	watch(eventId, on) {
		const source = new EventSource(`${base}/events/${eventId}/seats/stream`);
		source.onopen = () => on.connected(true);
		source.onerror = () => on.connected(false);
		for (const kind of ["snapshot", "delta", "sale"]) {
			source.addEventListener(kind, (event) => on[kind](JSON.parse(event.data)));
		}
		return source;
	}
}

// newKey returns an Idempotency-Key.
export function newKey() {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
