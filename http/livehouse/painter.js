// Draws the plan on a canvas. What changes is drawn once a frame, however often it changes.

import { AVAILABLE, HELD, BOOKED, BLOCKED } from "./house.js";

const categories = 6, nearest = 40; // colours; the largest seat in CSS pixels

export class Painter {
	constructor(canvas, house, onSeat) {
		Object.assign(this, { canvas, house, onSeat, plan: null, chosen: new Set(), dirty: new Set(), floors: new Set(), all: true, asked: false });
		this.brush = canvas.getContext("2d", { alpha: false });
		this.colours();
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
			this.colours();
			this.paintAll();
		});
		new ResizeObserver(() => this.fit()).observe(canvas);
		this.#listen();
	}

	colours() {
		const style = getComputedStyle(document.documentElement);
		const named = (name) => style.getPropertyValue("--" + name).trim();
		this.colour = { ground: named("sheet"), ink: named("ink"), faint: named("faint"), line: named("line"),
			status: { [HELD]: named("held"), [BOOKED]: named("booked"), [BLOCKED]: named("blocked") },
			category: Array.from({ length: categories }, (_, i) => named("category-" + i)) };
	}

	// show begins with a new plan. categoryNames are in the order of the colours.
	show(plan, categoryNames) {
		this.plan = plan;
		const colourOf = new Map(categoryNames.map((name, i) => [name, i % categories]));
		this.category = Uint8Array.from(this.house.seats, (seat) => colourOf.get(seat.category) ?? 0);
		this.colourOf = colourOf;
		this.fit();
	}

	// fit shows all seats.
	fit() {
		const { clientWidth, clientHeight } = this.canvas;
		const pixels = devicePixelRatio || 1;
		this.canvas.width = clientWidth * pixels;
		this.canvas.height = clientHeight * pixels;
		this.pixels = pixels;
		if (!this.plan || !clientHeight) return;
		this.plan.arrange(clientWidth / clientHeight);
		this.least = Math.min(clientWidth / (this.plan.width + 2), clientHeight / (this.plan.height + 1), nearest);
		this.scale = this.least;
		this.left = (this.plan.width - clientWidth / this.scale) / 2;
		this.top = -0.5;
		this.paintAll();
	}

	// zoom changes the scale around a point of the canvas, by default its middle.
	zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
		if (!this.plan) return;
		const scale = Math.min(nearest, Math.max(this.least, this.scale * factor));
		this.left += x / this.scale - x / scale;
		this.top += y / this.scale - y / scale;
		this.scale = scale;
		this.paintAll();
	}

	// paint draws seats, and the levels of sections of standing places.
	paint(seats, sections = []) {
		for (const i of seats) this.dirty.add(i);
		for (const name of sections) this.floors.add(name);
		this.#ask();
	}

	paintAll() {
		this.all = true;
		this.#ask();
	}

	#ask() {
		if (this.asked) return;
		this.asked = true;
		requestAnimationFrame(() => {
			this.asked = false;
			this.#draw();
		});
	}

	#draw() {
		if (!this.plan) return;
		const brush = this.brush;
		brush.setTransform(this.pixels, 0, 0, this.pixels, 0, 0);
		if (this.all) {
			brush.fillStyle = this.colour.ground;
			brush.fillRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
			this.#headings();
			for (let i = 0; i < this.house.seats.length; i++) this.#seat(i, false);
		} else {
			for (const i of this.dirty) this.#seat(i, true);
			for (const b of this.plan.blocks) if (this.floors.has(b.section.name)) this.#floor(b);
		}
		this.dirty.clear();
		this.floors.clear();
		this.all = false;
	}

	#headings() {
		const brush = this.brush, { scale } = this;
		brush.fillStyle = this.colour.line;
		const width = this.plan.width * scale;
		brush.beginPath();
		brush.ellipse(-this.left * scale + width / 2, (0.2 - this.top) * scale, width * 0.3, 2.6 * scale, 0, 0, Math.PI);
		brush.fill();
		this.#letters();
		brush.fillStyle = this.colour.faint;
		brush.fillText("STAGE", -this.left * scale + width / 2, (1.2 - this.top) * scale);
		for (const b of this.plan.blocks) {
			const x = (b.x - this.left) * scale, y = (b.y - this.top) * scale;
			if (b.section.general) this.#floor(b);
			brush.fillStyle = this.colour.ink;
			brush.fillText(b.section.name, x + b.width * scale / 2, y - scale * 0.9, Math.max(40, (b.width + 2) * scale));
		}
	}

	#letters() {
		this.brush.textAlign = "center";
		this.brush.textBaseline = "middle";
		this.brush.font = `600 ${Math.max(10, Math.min(18, this.scale * 1.4))}px system-ui, sans-serif`;
	}

	// floor draws standing places as a level: what is sold and held from below.
	#floor(b) {
		this.#letters();
		const brush = this.brush, { scale } = this, x = (b.x - this.left) * scale, y = (b.y - this.top) * scale, { capacity, available, held, booked, blocked } = b.section.general;
		const width = b.width * scale, height = b.height * scale;
		brush.fillStyle = this.colour.category[this.colourOf.get(b.section.general.category) ?? 0];
		brush.fillRect(x, y, width, height);
		let level = y + height;
		for (const [n, status] of [[booked, BOOKED], [held, HELD], [blocked, BLOCKED]]) {
			const part = height * n / Math.max(1, capacity);
			brush.fillStyle = this.colour.status[status];
			brush.fillRect(x, level - part, width, part);
			level -= part;
		}
		brush.fillStyle = this.colour.ground;
		const label = `${available.toLocaleString()} of ${capacity.toLocaleString()} free`;
		const half = Math.min(width, brush.measureText(label).width + 12) / 2;
		brush.fillRect(x + width / 2 - half, y + height / 2 - 11, 2 * half, 22);
		brush.fillStyle = this.colour.ink;
		brush.fillText(label, x + width / 2, y + height / 2, width);
	}

	#seat(i, over) {
		const { brush, scale } = this;
		const x = (this.plan.x[i] - this.left) * scale, y = (this.plan.y[i] - this.top) * scale;
		if (x < -scale || y < -scale || x > this.canvas.clientWidth || y > this.canvas.clientHeight) return;
		if (over) {
			brush.fillStyle = this.colour.ground;
			brush.fillRect(x, y, scale, scale);
		}
		const status = this.house.status[i], chosen = this.chosen.has(this.house.seats[i].seat);
		const side = scale * (scale < 4 ? 0.9 : 0.78), inset = (scale - side) / 2;
		brush.fillStyle = status === AVAILABLE ? this.colour.category[this.category[i]] : this.colour.status[status];
		if (scale < 7) {
			brush.fillRect(x + inset, y + inset, side, side);
		} else {
			this.#shape(status, x + inset, y + inset, side);
		}
		if (chosen) {
			brush.strokeStyle = this.colour.ink;
			brush.lineWidth = Math.max(1.5, scale / 8);
			brush.strokeRect(x + inset, y + inset, side, side);
		} else if (scale >= 20 && status === AVAILABLE) {
			brush.fillStyle = this.colour.ground;
			brush.font = `${Math.round(scale * 0.38)}px system-ui, sans-serif`;
			brush.textAlign = "center";
			brush.textBaseline = "middle";
			brush.fillText(this.house.seats[i].number, x + scale / 2, y + scale / 2 + 1);
		}
	}

	// shape tells the states apart without colours: full, ringed, small, crossed out.
	#shape(status, x, y, side) {
		const brush = this.brush;
		brush.beginPath();
		switch (status) {
		case AVAILABLE:
			brush.roundRect(x, y, side, side, side / 4);
			return brush.fill();
		case HELD:
			brush.lineWidth = side / 5;
			brush.strokeStyle = brush.fillStyle;
			brush.roundRect(x + side / 10, y + side / 10, side * 0.8, side * 0.8, side / 4);
			return brush.stroke();
		case BOOKED:
			brush.arc(x + side / 2, y + side / 2, side / 3, 0, 2 * Math.PI);
			return brush.fill();
		default:
			brush.lineWidth = side / 6;
			brush.strokeStyle = brush.fillStyle;
			brush.moveTo(x + side * 0.2, y + side * 0.2);
			brush.lineTo(x + side * 0.8, y + side * 0.8);
			brush.moveTo(x + side * 0.8, y + side * 0.2);
			brush.lineTo(x + side * 0.2, y + side * 0.8);
			return brush.stroke();
		}
	}

	// listen moves the plan with one pointer, zooms with two or the wheel, and picks with a tap.
	#listen() {
		const pointers = new Map();
		let moved = 0;
		const spread = () => {
			const [a, b] = [...pointers.values()];
			return Math.hypot(a.x - b.x, a.y - b.y);
		};
		this.canvas.addEventListener("pointerdown", (event) => {
			this.canvas.setPointerCapture(event.pointerId);
			pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
			moved = pointers.size > 1 ? Infinity : 0;
		});
		this.canvas.addEventListener("pointermove", (event) => {
			const from = pointers.get(event.pointerId);
			if (!from || !this.plan) return;
			const to = { x: event.offsetX, y: event.offsetY };
			const before = pointers.size === 2 ? spread() : 0;
			pointers.set(event.pointerId, to);
			moved += Math.hypot(to.x - from.x, to.y - from.y);
			if (pointers.size === 2) return this.zoom(spread() / Math.max(1, before), to.x, to.y);
			if (moved < 6) return;
			this.left -= (to.x - from.x) / this.scale;
			this.top -= (to.y - from.y) / this.scale;
			this.paintAll();
		});
		const lift = (event) => pointers.delete(event.pointerId);
		this.canvas.addEventListener("pointercancel", lift);
		this.canvas.addEventListener("pointerup", (event) => {
			if (lift(event) && moved < 6 && this.plan) this.#tap(event.offsetX, event.offsetY);
		});
		this.canvas.addEventListener("wheel", (event) => {
			event.preventDefault();
			this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
		}, { passive: false });
	}

	#tap(x, y) {
		const at = [x / this.scale + this.left, y / this.scale + this.top];
		if (this.scale < 12) return this.zoom(24 / this.scale, x, y); // too small to be meant
		const seat = this.plan.seatAt(...at);
		if (seat >= 0) this.onSeat(this.house.seats[seat]);
	}
}
