// Hold, pay, read. One card in ten is declined first, and one payment in ten is sent
// twice.
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { audit, violation, call, expect, freshSeats, hold, openSale, pay, commonThresholds, tokenOf } from './lib/eventra.js';

const lifeTime = new Trend('life', true);

export const options = {
  scenarios: {
    checkout: { executor: 'constant-vus', vus: Number(__ENV.VUS || 50), duration: __ENV.DURATION || '60s' },
  },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<200'],
    'http_req_duration{name:pay}': ['p(99)<500'],
    life: ['p(95)<1000'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 2000, title: 'Checkout' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  const token = tokenOf(sale, n);
  const started = Date.now();
  const booking = hold(sale, token, freshSeats(sale, n, 2));
  if (!booking) return violation(`fresh seats are unavailable, at ${n}`);
  if (n % 10 === 0) expect(pay(token, booking, 'tok_declined'), 'a card is declined', 402);
  const paid = pay(token, booking);
  if (!expect(paid, 'a payment succeeds', 201)) return;
  lifeTime.add(Date.now() - started);
  if (n % 10 === 1) {
    const again = pay(token, booking);
    if (expect(again, 'the same payment again succeeds', 201) && again.json('id') !== paid.json('id')) violation('paid twice');
  }
  const seen = call('GET', `/bookings/${booking.id}`, { token, name: 'booking' });
  if (expect(seen, 'a booking is shown', 200) && seen.json('status') !== 'CONFIRMED') violation(`paid, but ${seen.json('status')}`);
}

export const teardown = audit;
