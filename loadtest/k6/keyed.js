// Holds with and without an Idempotency-Key, in turn, and what repeating a key gives.
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { audit, expect, call, freshSeats, hold, openSale, commonThresholds, tokenOf, violation } from './lib/eventra.js';

const rate = Number(__ENV.RATE || 200); // holds a second
const duration = __ENV.DURATION || '30s';

export const options = {
  scenarios: {
    keyed: { executor: 'constant-arrival-rate', rate, duration, preAllocatedVUs: 100, maxVUs: 1000 },
  },
  thresholds: Object.assign({ plain_hold: ['p(99)<100'], keyed_hold: ['p(99)<100'], dropped_iterations: ['count==0'] }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

const plain = new Trend('plain_hold', true);
const keyed = new Trend('keyed_hold', true);

export const setup = () => openSale({ rows: 1000, title: 'Keyed holds' });

export default function (sale) {
  const n = exec.scenario.iterationInTest % sale.seats;
  const token = tokenOf(sale, n);
  const seats = freshSeats(sale, n, 1);
  const start = Date.now();
  if (n % 2 === 0) {
    hold(sale, token, seats);
    plain.add(Date.now() - start);
    return;
  }
  const key = `hold-${sale.event}-${n}`;
  const booking = hold(sale, token, seats, { key });
  keyed.add(Date.now() - start);
  if (booking === null || n % 20 !== 1) return;
  const body = { eventId: sale.event, seats };
  const again = call('POST', '/bookings', { token, key, name: 'hold again', body });
  if (!expect(again, 'a repeated hold has its first outcome', 201)) return;
  if (again.json().id !== booking.id || again.headers['Idempotency-Replayed'] !== 'true') violation(`another outcome: ${again.body}`);
  const other = call('POST', '/bookings', { token, key, name: 'other hold', phase: 'refused', body: { eventId: sale.event, seats: ['A-1-1', 'A-1-2'] } });
  expect(other, 'another body under the same key is refused', 422);
}

export const teardown = audit;
