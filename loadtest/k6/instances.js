// Several instances are one: what one of them promised, all know, and a seat
// that is asked for at all of them at once is sold by one.
import http from 'k6/http';
import exec from 'k6/execution';
import { audit, accepted, base, broken, call, expect, freshSeats, hold, instances, openSale, pay, promises, refused, seat, tokenOf } from './lib/eventra.js';

export const options = {
  scenarios: {
    instances: { executor: 'constant-vus', vus: Number(__ENV.VUS || 20), duration: __ENV.DURATION || '60s' },
  },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<300'],
    'http_req_duration{name:pay}': ['p(99)<500'],
  }, promises),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 2000, title: 'Several instances' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  if (n % 4 === 0) race(sale, n);
  else passOn(sale, n);
}

// passOn holds at one instance, pays at the next and looks at the one after.
function passOn(sale, n) {
  const token = tokenOf(sale, n);
  const booking = hold(sale, token, freshSeats(sale, n, 1), { at: base(n) });
  if (!booking) return broken(`a fresh seat is gone, at ${n}`);
  if (!expect(pay(token, booking, 'tok_ok', { at: base(n + 1) }), 'a payment elsewhere succeeds', 201)) return;
  const seen = call('GET', `/bookings/${booking.id}`, { token, name: 'booking', at: base(n + 2) });
  if (expect(seen, 'a booking is shown elsewhere', 200) && seen.json('status') !== 'CONFIRMED') broken(`paid elsewhere, and ${seen.json('status')}`);
}

// race asks for one seat at all instances at once, as different users.
function race(sale, n) {
  const body = JSON.stringify({ eventId: sale.event, seats: [seat(sale, n)] });
  const answers = http.batch(Array.from({ length: Math.max(2, instances) }, (_, i) => ({
    method: 'POST', url: `${base(i)}/bookings`, body,
    params: { headers: { Authorization: `Bearer ${tokenOf(sale, n + i)}`, 'Content-Type': 'application/json' }, timeout: '15s', tags: { name: 'race', phase: 'load' } },
  })));
  for (const answer of answers) expect(answer, 'a race is won or lost', 201, 409);
  const won = answers.filter((answer) => answer.status === 201).length;
  accepted.add(won);
  refused.add(answers.length - won);
  if (won !== 1) broken(`${won} of ${answers.length} got the same seat`);
}

export const teardown = audit;
