// Buyers with time to think browse, look at the seats, pick some, hit taken ones, try
// others, and pay, release or abandon them.
import { sleep } from 'k6';
import { Rate } from 'k6/metrics';
import { accepted, audit, call, expect, hold, openSale, commonThresholds, pay, seat, tokenOf } from './lib/eventra.js';

const vus = Number(__ENV.VUS || 200); // buyers
const duration = __ENV.DURATION || '60s';
const think = Number(__ENV.THINK || 2); // seconds, on average

export const options = {
  scenarios: { crowd: { executor: 'constant-vus', vus, duration } },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<200'], 'http_req_duration{name:pay}': ['p(99)<300'], [accepted.name]: ['count>0'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

const conflicts = new Rate('holds_conflicting');

export const setup = () => openSale({ rows: 600, title: 'A crowd' });

const pause = () => sleep(Math.random() * 2 * think);

// pick chooses one to four seats side by side that the map shows as free.
function pick(sale, map) {
  const group = 1 + Math.floor(Math.random() * 4);
  for (let tries = 0; tries < 100; tries++) {
    const row = Math.floor(Math.random() ** 2 * (sale.seats / sale.seatsPerRow)); // rather in front
    const first = row * sale.seatsPerRow + Math.floor(Math.random() * (sale.seatsPerRow - group + 1));
    const seats = map.seats.slice(first, first + group);
    if (seats.every((s) => s.status === 'AVAILABLE')) return seats.map((_, i) => seat(sale, first + i));
  }
  return null;
}

export default function (sale) {
  const token = tokenOf(sale);
  pause();
  expect(call('GET', `/events/${sale.event}`, { name: 'browse' }), 'the event is shown', 200);
  pause();
  for (let tries = 0; tries < 5; tries++) {
    const response = call('GET', `/events/${sale.event}/seats`, { name: 'look', headers: { 'Accept-Encoding': 'gzip' } });
    if (!expect(response, 'the map is shown', 200)) return;
    const seats = pick(sale, response.json());
    if (seats === null) return;
    pause();
    const booking = hold(sale, token, seats, { key: `crowd-${__VU}-${__ITER}-${tries}` });
    conflicts.add(booking === null);
    if (booking === null) continue;
    pause();
    const choice = Math.random();
    if (choice < 0.7) expect(pay(token, booking), 'a hold is paid', 201);
    else if (choice < 0.9) expect(call('DELETE', `/bookings/${booking.id}`, { token, name: 'release' }), 'a hold is released', 200);
    return;
  }
}

export const teardown = audit;
