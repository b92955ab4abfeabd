// Where the seats are drawn. An event has sections, rows and numbers but no coordinates, so
// sections are blocks that stand in lines before the stage, in the order of the map.

const gap = 2, heading = 2, stageHeight = 3, widths = 24; // the last one: how many are tried

// Plan gives each seat a place in a grid whose unit is one seat.
export class Plan {
	constructor(house) {
		this.x = new Float32Array(house.seats.length);
		this.y = new Float32Array(house.seats.length);
		this.blocks = [...house.sections.values()].map(block);
	}

	// arrange chooses the width at which seats are largest on an area of these proportions.
	arrange(aspect) {
		const widest = Math.max(1, ...this.blocks.map((b) => b.width));
		const all = this.blocks.reduce((sum, b) => sum + b.width + gap, 0);
		let best = { size: 0 };
		for (let n = 0; n <= widths; n++) {
			this.width = widest + Math.max(0, all - widest) * n / widths;
			const size = 1 / Math.max(this.width / aspect, this.#stand(stageHeight + gap));
			if (size > best.size) best = { size, width: this.width };
		}
		this.width = best.width;
		this.height = this.#stand(stageHeight + gap);
		for (const b of this.blocks) this.#seat(b);
	}

	// stand puts the blocks in lines, each in the middle, and returns the height of all.
	#stand(y) {
		for (let first = 0; first < this.blocks.length;) {
			let next = first, width = -gap, height = 0;
			while (next < this.blocks.length && (next === first || width + gap + this.blocks[next].width <= this.width)) {
				width += gap + this.blocks[next].width;
				height = Math.max(height, this.blocks[next].height);
				next++;
			}
			let x = (this.width - width) / 2;
			for (const b of this.blocks.slice(first, next)) {
				b.x = x;
				b.y = y + heading;
				x += b.width + gap;
			}
			y += heading + height + gap;
			first = next;
		}
		return y;
	}

	#seat(b) {
		let y = b.y;
		for (const row of b.section.rows.values()) {
			const left = b.x + (b.width - row.length) / 2;
			row.forEach((i, k) => {
				this.x[i] = left + k;
				this.y[i] = y;
			});
			y++;
		}
	}

	// seatAt returns the seat at a point of the plan, or -1.
	seatAt(x, y) {
		for (const b of this.blocks) {
			if (b.section.general || y < b.y || y >= b.y + b.height || x < b.x || x >= b.x + b.width) continue;
			const row = [...b.section.rows.values()][Math.floor(y - b.y)];
			return row?.[Math.floor(x - b.x - (b.width - row.length) / 2)] ?? -1;
		}
		return -1;
	}
}

function block(section) {
	if (section.general) {
		const side = Math.sqrt(section.general.capacity);
		return { section, width: Math.min(40, Math.max(12, Math.ceil(side))), height: Math.min(14, Math.max(6, Math.ceil(side / 3))) };
	}
	const rows = [...section.rows.values()];
	return { section, width: Math.max(...rows.map((row) => row.length)), height: rows.length };
}
