// Several instances act as one: all know what one has promised, and one grants a seat
// that is requested at all of them at once.
import http from 'k6/http';
import exec from 'k6/execution';
import { audit, accepted, base, violation, call, expect, freshSeats, hold, instances, openSale, pay, commonThresholds, refused, seat, tokenOf } from './lib/eventra.js';

export const options = {
  scenarios: {
    instances: { executor: 'constant-vus', vus: Number(__ENV.VUS || 20), duration: __ENV.DURATION || '60s' },
  },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<300'],
    'http_req_duration{name:pay}': ['p(99)<500'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 2000, title: 'Several instances' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  if (n % 4 === 0) race(sale, n);
  else relay(sale, n);
}

// relay holds at one instance, pays at the next and reads at the one after.
function relay(sale, n) {
  const token = tokenOf(sale, n);
  const booking = hold(sale, token, freshSeats(sale, n, 1), { at: base(n) });
  if (!booking) return violation(`a fresh seat is unavailable, at ${n}`);
  if (!expect(pay(token, booking, 'tok_ok', { at: base(n + 1) }), 'a payment elsewhere succeeds', 201)) return;
  const seen = call('GET', `/bookings/${booking.id}`, { token, name: 'booking', at: base(n + 2) });
  if (expect(seen, 'a booking is shown elsewhere', 200) && seen.json('status') !== 'CONFIRMED') violation(`paid elsewhere, but ${seen.json('status')}`);
}

// race holds one seat at all instances at once, as different users.
function race(sale, n) {
  const body = JSON.stringify({ eventId: sale.event, seats: [seat(sale, n)] });
  const responses = http.batch(Array.from({ length: Math.max(2, instances) }, (_, i) => ({
    method: 'POST', url: `${base(i)}/bookings`, body,
    params: { headers: { Authorization: `Bearer ${tokenOf(sale, n + i)}`, 'Content-Type': 'application/json' }, timeout: '15s', tags: { name: 'race', phase: 'load' } },
  })));
  for (const response of responses) expect(response, 'a race is won or lost', 201, 409);
  const won = responses.filter((response) => response.status === 201).length;
  accepted.add(won);
  refused.add(responses.length - won);
  if (won !== 1) violation(`${won} of ${responses.length} got the same seat`);
}

export const teardown = audit;
