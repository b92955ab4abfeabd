// An ordinary evening: most visitors read, some hold and release, few buy.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { audit, call, expect, freshSeats, hold, openSale, pay, commonThresholds, tokenOf } from './lib/eventra.js';

const rate = Number(__ENV.RATE || 100); // visits a second

export const options = {
  scenarios: {
    browse: {
      executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: __ENV.DURATION || '60s',
      preAllocatedVUs: 200, maxVUs: 2000,
    },
  },
  thresholds: Object.assign({
    'http_req_duration{name:list}': ['p(99)<200'],
    'http_req_duration{name:event}': ['p(99)<100'],
    'http_req_duration{name:map}': ['p(99)<200'],
    'http_req_duration{name:hold}': ['p(99)<150'],
    'http_req_duration{name:pay}': ['p(99)<300'],
    dropped_iterations: ['count==0'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 200, title: 'An ordinary evening' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  const token = tokenOf(sale, n);
  read(sale, token);
  if (n % 5 > 0) return;
  const booking = hold(sale, token, freshSeats(sale, (n / 5) % (sale.seats / 2), 2));
  if (!booking) return;
  sleep(0.5);
  if (n % 20 === 0) {
    expect(pay(token, booking), 'a payment succeeds', 201);
  } else {
    expect(call('DELETE', `/bookings/${booking.id}`, { token, name: 'release' }), 'a release succeeds', 200);
  }
}

// read is the first requests of a visitor, and one for the map that the client has.
function read(sale, token) {
  expect(call('GET', '/events?limit=20', { token, name: 'list' }), 'events are listed', 200);
  expect(call('GET', `/events/${sale.event}`, { token, name: 'event' }), 'an event is shown', 200);
  const path = `/events/${sale.event}/seats`;
  const encoded = { 'Accept-Encoding': 'gzip' };
  const map = call('GET', path, { token, name: 'map', headers: encoded });
  if (!expect(map, 'a map is shown', 200)) return;
  const again = Object.assign({ 'If-None-Match': map.headers.Etag }, encoded);
  expect(call('GET', path, { token, name: 'map again', headers: again }), 'a map is shown, or not modified', 200, 304);
  expect(call('GET', `/events/${sale.event}/availability`, { token, name: 'availability' }), 'seats are counted', 200);
}

export const teardown = audit;
