// One booking: its deadline, its payment, its end.

import { newKey } from "./api.js";
import { $, announce, element, money, say } from "./dom.js";

export class Checkout {
	constructor(api, onClosed) {
		Object.assign(this, { api, onClosed, booking: null, timer: 0 });
		$("pay").addEventListener("submit", (event) => {
			event.preventDefault();
			this.#step(() => this.#pay());
		});
		$("release").addEventListener("click", () => this.#step(async () => this.show(await api.call("DELETE", `/bookings/${this.booking.id}`))));
		$("another").addEventListener("click", () => this.#close());
	}

	// show shows a booking in whichever state it is.
	show(booking) {
		const first = this.booking?.id !== booking.id;
		this.booking = booking;
		$("choose").hidden = true;
		$("booking").hidden = false;
		$("booking-items").replaceChildren(...booking.items.map((item) => element("li", {},
			element("span", { className: "name", textContent: item.seat ?? item.section }),
			element("span", { textContent: item.ticketType }), element("span", { className: "price", textContent: money(item.price) }))));
		$("booking-total").textContent = money(booking.total);
		const held = booking.status === "HELD";
		$("pay").hidden = $("release").hidden = $("countdown").hidden = !held;
		$("another").hidden = held;
		$("booking-status").textContent = {
			HELD: "Held for you until the deadline.",
			CONFIRMED: `Confirmed. Your booking is ${booking.reference ?? booking.id}. The tickets are on their way by mail.`,
			EXPIRED: "The deadline has passed. The seats are free again.",
			CANCELLED: "The seats are free again.",
			REFUNDED: "The money has gone back, and the seats are free again.",
		}[booking.status];
		clearInterval(this.timer);
		if (held) {
			this.timer = setInterval(() => this.#tick(), 250);
			this.#tick();
		}
		announce($("booking-status").textContent);
		if (first || !held) $("booking-heading").focus();
	}

	#tick() {
		const left = Date.parse(this.booking.expiresAt) - Date.now() - (this.api.clock ?? 0);
		const seconds = Math.max(0, Math.ceil(left / 1000));
		const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
		if ($("countdown").textContent !== text) $("countdown").textContent = text;
		if (left > -1000 || this.looking) return;
		this.looking = true; // a second after the deadline
		this.api.call("GET", `/bookings/${this.booking.id}`)
			.then((booking) => booking.status !== "HELD" && this.show(booking), () => {})
			.finally(() => setTimeout(() => this.looking = false, 1000));
	}

	async #pay() {
		const token = $("card").value;
		this.key = this.keyFor === token && this.again ? this.key : newKey();
		[this.keyFor, this.again] = [token, true]; // a request without an answer is sent again under its key
		try {
			this.show((await this.api.call("POST", `/bookings/${this.booking.id}/payments`, { method: "mock", token }, this.key)).booking);
		} catch (problem) {
			this.again = problem.status === 0;
			if (problem.code === "hold_expired") this.show(await this.api.call("GET", `/bookings/${this.booking.id}`));
			throw problem;
		}
	}

	async #step(step) {
		if (this.busy) return;
		this.busy = true;
		say("");
		$("booking").ariaBusy = "true";
		try {
			await step();
		} catch (problem) {
			say(problem.message);
		} finally {
			this.busy = false;
			$("booking").ariaBusy = "false";
		}
	}

	#close() {
		this.booking = null;
		say("");
		$("booking").hidden = true;
		$("choose").hidden = false;
		$("best-quantity").focus();
		this.onClosed();
	}
}
