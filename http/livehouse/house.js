// What the page knows of an event's seats: the last snapshot and all changes since.

export const AVAILABLE = 0, HELD = 1, BOOKED = 2, BLOCKED = 3;
const codes = { AVAILABLE, HELD, BOOKED, BLOCKED };
const rateSeconds = 60;

export class House {
	constructor() {
		this.seats = []; // {seat, section, row, number, category, price}, in the order of the map
		this.status = new Uint8Array(0); // of each seat
		this.index = new Map(); // from a seat's name
		this.sections = new Map(); // by name, in the order of the map
		this.taken = new Float64Array(rateSeconds); // seats taken in each of the last seconds
		this.second = 0;
	}

	// load takes a snapshot.
	load(snapshot) {
		this.seats = snapshot.seats;
		this.status = Uint8Array.from(snapshot.seats, (seat) => codes[seat.status]);
		this.index = new Map(snapshot.seats.map((seat, i) => [seat.seat, i]));
		this.sections = new Map();
		for (const section of snapshot.sections ?? []) {
			if (section.kind === "GENERAL") {
				this.sections.set(section.name, { name: section.name, general: section, rows: new Map() });
			}
		}
		snapshot.seats.forEach((seat, i) => {
			let section = this.sections.get(seat.section);
			if (!section) this.sections.set(seat.section, section = { name: seat.section, general: null, rows: new Map() });
			const row = section.rows.get(seat.row);
			if (row) row.push(i);
			else section.rows.set(seat.row, [i]);
		});
	}

	// apply takes a delta, and returns the seats and the sections that changed.
	apply(delta, now) {
		const seats = [], sections = [];
		let taken = 0;
		for (const { seat, status: name } of delta.changes) {
			const i = this.index.get(seat), status = codes[name];
			if (i === undefined) continue;
			if (this.status[i] === AVAILABLE && status !== BLOCKED) taken++;
			this.status[i] = status;
			seats.push(i);
		}
		for (const place of delta.places ?? []) {
			const general = this.sections.get(place.section)?.general;
			if (!general) continue;
			taken += Math.max(0, place.held + place.booked - general.held - general.booked);
			Object.assign(general, place);
			sections.push(place.section);
		}
		this.tick(now);
		this.taken[this.second % rateSeconds] += taken;
		return { seats, sections };
	}

	// tick forgets what was taken more than a minute ago. now is in milliseconds.
	tick(now) {
		const second = Math.floor(now / 1000);
		for (let s = Math.max(this.second + 1, second - rateSeconds + 1); s <= second; s++) this.taken[s % rateSeconds] = 0;
		this.second = second;
	}

	rate() {
		return this.taken.reduce((sum, n) => sum + n, 0);
	}

	// counts returns how many seats and places have each status.
	counts() {
		const counts = [0, 0, 0, 0];
		for (const status of this.status) counts[status]++;
		for (const { general } of this.sections.values()) {
			if (!general) continue;
			counts[AVAILABLE] += general.available;
			counts[HELD] += general.held;
			counts[BOOKED] += general.booked;
			counts[BLOCKED] += general.blocked;
		}
		return counts;
	}

	isFree(name) {
		return this.status[this.index.get(name)] === AVAILABLE;
	}
}
