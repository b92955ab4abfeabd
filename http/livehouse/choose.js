// Choosing seats and places: by section and row, by a tap on the plan, or the best ones.

import { AVAILABLE } from "./house.js";
import { $, announce, element, money } from "./dom.js";

export class Choice {
	constructor(house, onChange, onHold) {
		Object.assign(this, { house, onChange, onHold, pricing: null, most: 50 });
		this.seats = new Map(); // ticket type by seat
		this.places = []; // {section, quantity, ticketType}
		$("section").addEventListener("change", () => this.showRows());
		$("row").addEventListener("change", () => this.showSeats());
		$("add-places").addEventListener("click", () => this.#addPlaces());
		$("hold").addEventListener("click", () => onHold(this.#wish()));
		$("best").addEventListener("submit", (event) => {
			event.preventDefault();
			const wish = { quantity: Number($("best-quantity").value) };
			if ($("best-section").value) wish.section = $("best-section").value;
			onHold({ bestAvailable: wish });
		});
	}

	// show begins with a new snapshot or new prices.
	show(event, pricing) {
		this.pricing = pricing;
		this.most = event.maxSeatsPerBooking;
		$("best-quantity").max = this.most;
		this.types = pricing.ticketTypes.map((type) => type.name);
		this.usual = pricing.ticketTypes.find((type) => type.default)?.name ?? this.types[0];
		this.prices = new Map(pricing.prices.map((price) => [price.category + "\n" + price.ticketType, price.amount]));
		const sections = [...this.house.sections.values()];
		const options = (some) => some.map((section) => element("option", { value: section.name, textContent: section.name }));
		keep($("section"), options(sections));
		keep($("best-section"), [element("option", { value: "", textContent: "any section" }), ...options(sections.filter((s) => s.rows.size))]);
		for (const seat of this.seats.keys()) if (!this.house.isFree(seat)) this.seats.delete(seat);
		this.showRows();
		this.#showCart();
		this.onChange(new Set(this.seats.keys()));
	}

	showRows() {
		const section = this.house.sections.get($("section").value);
		const general = Boolean(section?.general);
		$("row-label").hidden = $("row-seats").hidden = general;
		$("places-label").hidden = $("add-places").hidden = !general;
		keep($("row"), [...(section?.rows.keys() ?? [])].map((row) => element("option", { value: row, textContent: row })));
		this.showSeats();
	}

	// showSeats offers the free seats of a row, and keeps the focus where it was.
	showSeats() {
		const row = this.house.sections.get($("section").value)?.rows.get($("row").value) ?? [];
		const focused = document.activeElement?.dataset?.seat;
		const free = row.map((i) => this.house.seats[i]).filter((seat) => this.house.isFree(seat.seat));
		$("row-seats").replaceChildren(...free.map((seat) => {
			const button = element("button", { type: "button", textContent: seat.number, ariaPressed: String(this.seats.has(seat.seat)),
				ariaLabel: `Seat ${seat.seat}, ${money({ amount: this.#price(seat.category, this.usual) ?? seat.price.amount, currency: this.#currency() })}` });
			button.dataset.seat = seat.seat;
			button.addEventListener("click", () => this.toggle(seat));
			return element("li", {}, button);
		}));
		if (focused) $("row-seats").querySelector(`[data-seat="${CSS.escape(focused)}"]`)?.focus();
	}

	toggle(seat) {
		if (this.seats.delete(seat.seat)) {
			announce(`${seat.seat} is not chosen any more`);
		} else if (!this.house.isFree(seat.seat)) {
			announce(`${seat.seat} is not free`);
		} else {
			this.seats.set(seat.seat, this.usual);
			announce(`${seat.seat} chosen`);
		}
		this.#changed();
	}

	// taken drops seats from the choice that somebody else has taken.
	taken(indexes) {
		const lost = indexes.map((i) => this.house.seats[i].seat).filter((seat) => this.seats.has(seat) && !this.house.isFree(seat));
		if (lost.length === 0) return;
		for (const seat of lost) this.seats.delete(seat);
		announce(`${lost.join(", ")} was just taken`);
		this.#changed();
	}

	clear() {
		this.seats.clear();
		this.places = [];
		this.#changed();
	}

	#addPlaces() {
		const section = $("section").value, quantity = Number($("places").value);
		if (quantity >= 1) this.places.push({ section, quantity, ticketType: this.usual });
		this.#changed();
	}

	#changed() {
		this.showSeats();
		this.#showCart();
		this.onChange(new Set(this.seats.keys()));
	}

	#showCart() {
		let total = 0, count = 0, priced = true;
		const line = (name, category, type, quantity, set, remove) => {
			const amount = this.#price(category, type);
			priced &&= amount !== undefined;
			total += (amount ?? 0) * quantity;
			count += quantity;
			const types = element("select", { ariaLabel: `Ticket type of ${name}` }, ...this.types.map((t) => element("option", { value: t, textContent: t, selected: t === type })));
			types.addEventListener("change", () => set(types.value));
			const button = element("button", { type: "button", textContent: "Remove", ariaLabel: `Remove ${name}` });
			button.addEventListener("click", remove);
			return element("li", {}, element("span", { className: "name", textContent: name }), this.types.length > 1 ? types : "",
				element("span", { className: "price", textContent: amount === undefined ? "not sold" : money({ amount: amount * quantity, currency: this.#currency() }) }), button);
		};
		const seats = [...this.seats].map(([name, type]) => line(name, this.house.seats[this.house.index.get(name)].category, type, 1, (t) => {
			this.seats.set(name, t);
			this.#showCart();
		}, () => {
			this.seats.delete(name);
			this.#changed();
		}));
		const places = this.places.map((place) => line(`${place.quantity} × ${place.section}`, this.house.sections.get(place.section)?.general?.category, place.ticketType, place.quantity, (t) => {
			place.ticketType = t;
			this.#showCart();
		}, () => {
			this.places = this.places.filter((p) => p !== place);
			this.#changed();
		}));
		$("cart").replaceChildren(...seats, ...places);
		$("cart-total").textContent = count ? `${count} tickets, ${money({ amount: total, currency: this.#currency() })}` : "Nothing yet";
		$("hold").disabled = count === 0 || count > this.most || !priced;
	}

	#wish() {
		return { items: [...[...this.seats].map(([seat, ticketType]) => ({ seat, ticketType })), ...this.places] };
	}

	#price(category, type) {
		return this.prices.get(category + "\n" + type);
	}

	#currency() {
		return this.pricing.currency || "EUR";
	}
}

// keep replaces the options of a list and keeps what is chosen.
function keep(select, options) {
	const chosen = select.value;
	select.replaceChildren(...options);
	if (options.some((option) => option.value === chosen)) select.value = chosen;
}
