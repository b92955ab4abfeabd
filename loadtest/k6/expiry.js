// A wave of holds without payment: each expires on time, and its seat can be held
// again, during other holds.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import { audit, violation, call, expect, freshSeats, hold, openSale, commonThresholds, tokenOf } from './lib/eventra.js';

const holds = Number(__ENV.HOLDS || 500);
const holdSeconds = 5; // the least that Eventra allows
const grace = 1; // seconds from its deadline to a hold's end, at most
const lateness = new Trend('resold_after_deadline', true);

export const options = {
  scenarios: {
    wave: { executor: 'per-vu-iterations', vus: holds, iterations: 1, exec: 'wave', maxDuration: '60s' },
    others: {
      executor: 'constant-arrival-rate', exec: 'others', rate: Number(__ENV.RATE || 50), timeUnit: '1s',
      duration: `${holdSeconds + 3}s`, preAllocatedVUs: 50, maxVUs: 500,
    },
  },
  thresholds: Object.assign({
    resold_after_deadline: ['p(99)<1500'], // mostly grace
    'http_req_duration{scenario:others}': ['p(99)<100'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 1000, holdSeconds, title: 'Expiry wave' });

// wave holds a seat, waits until the hold has expired, and holds it as another user.
export function wave(sale) {
  const n = exec.scenario.iterationInTest;
  const seats = freshSeats(sale, n, 1);
  const booking = hold(sale, tokenOf(sale, n), seats);
  if (!booking) return violation(`a fresh seat is unavailable: ${seats}`);
  const due = Date.parse(booking.expiresAt);
  sleep(Math.max(0, (due - Date.now()) / 1000 + grace));
  const seen = call('GET', `/bookings/${booking.id}`, { token: tokenOf(sale, n), name: 'booking' });
  if (expect(seen, 'a booking is shown', 200) && seen.json('status') !== 'EXPIRED') violation(`${grace} s overdue, but ${seen.json('status')}`);
  if (hold(sale, tokenOf(sale, n + 1), seats)) lateness.add(Date.now() - due);
  else violation(`the seat of an expired hold is unavailable: ${seats}`);
}

export function others(sale) {
  const n = exec.scenario.iterationInTest;
  hold(sale, tokenOf(sale, n), freshSeats(sale, holds + n, 1));
}

export const teardown = audit;
