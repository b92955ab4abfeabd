// What all scripts share: addresses, users, and calls.
import http from 'k6/http';
import exec from 'k6/execution';
import { check, fail } from 'k6';
import { Counter } from 'k6/metrics';

const urls = (__ENV.BASE_URL || 'http://127.0.0.1:8080').split(',').map((url) => url.replace(/\/$/, ''));
const users = Number(__ENV.USERS || 20);
const timeout = '15s'; // longer than any timeout of Eventra

export const accepted = new Counter('holds_accepted');
export const refused = new Counter('holds_refused');
// Answers that no buyer should get: wrong statuses, broken promises.
export const violations = new Counter('violations');

// The thresholds of every script, besides its own.
export const commonThresholds = { violations: ['count==0'], 'http_req_failed{phase:load}': ['rate==0'] };

// A refusal is not a failure.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, 402, 409));

export const instances = urls.length;
// base returns the URL of an instance. Each VU has its own, so that all get the same share.
export const base = (n = exec.vu.idInTest) => `${urls[n % urls.length]}/api/v1`;

export function call(method, path, { token, body, key, name, phase = 'load', headers = {}, at } = {}) {
  const all = Object.assign({}, headers);
  if (token) all.Authorization = `Bearer ${token}`;
  if (body !== undefined) all['Content-Type'] = 'application/json';
  if (key) all['Idempotency-Key'] = key;
  return http.request(method, (at || base()) + path, body === undefined ? null : JSON.stringify(body),
    { headers: all, timeout, tags: { name: name || `${method} ${path}`, phase } });
}

// expect counts a response with another status as a violation, and logs it.
export function expect(response, what, ...statuses) {
  const passed = check(response, { [what]: (r) => statuses.includes(r.status) });
  if (!passed) violation(`${what}: ${response.status} ${String(response.body || response.error).slice(0, 300)}`);
  return passed;
}

export function violation(what) {
  violations.add(1);
  console.error(what);
}

function setUp(method, path, status, options) {
  const response = call(method, path, Object.assign({ phase: 'setup', at: base(0) }, options));
  if (response.status !== status) fail(`${method} ${path}: ${response.status} ${response.body || response.error}`);
  return response.body ? response.json() : null;
}

// openSale creates users and an event on sale. It is a script's setup().
export function openSale({ rows, seatsPerRow = 50, holdSeconds = 120, title = 'k6' } = {}) {
  const admin = setUp('POST', '/auth/login', 200, {
    body: { email: __ENV.ADMIN_EMAIL || 'admin@eventra.test', password: __ENV.ADMIN_PASSWORD || 'demo-admin-password' },
  }).accessToken;
  const starts = new Date(Date.now() + 30 * 24 * 3600 * 1000);
  const event = setUp('POST', '/events', 201, { token: admin, body: {
    title, description: 'A sale under load', category: 'concert', tags: [], holdSeconds, maxSeatsPerCustomer: 1000000,
    venue: { name: 'Hall', address: 'Street 1', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
    startsAt: starts.toISOString(), endsAt: new Date(starts.getTime() + 2 * 3600 * 1000).toISOString(),
  } }).id;
  setUp('POST', `/events/${event}/seats`, 201, { token: admin, body: { sections: [
    { name: 'A', rowCount: rows, seatsPerRow, price: { amount: 2500, currency: 'EUR' } },
  ] } });
  setUp('POST', `/events/${event}/publish`, 200, { token: admin });
  const run = `${Date.now()}-${Math.floor(Math.random() * 1e9)}`;
  const tokens = [];
  for (let i = 0; i < users; i++) {
    tokens.push(setUp('POST', '/auth/register', 201, {
      body: { email: `k6-${run}-${i}@example.org`, password: 'correct horse', name: 'Somebody' },
    }).accessToken);
  }
  return { event, tokens, seatsPerRow, seats: rows * seatsPerRow };
}

export const seat = (sale, n) => `A-${Math.floor(n / sale.seatsPerRow) + 1}-${(n % sale.seatsPerRow) + 1}`;
export const freshSeats = (sale, n, count) => Array.from({ length: count }, (_, i) => seat(sale, n * count + i));
export const tokenOf = (sale, n = exec.vu.idInTest) => sale.tokens[n % sale.tokens.length];

// hold holds seats and returns the booking, or null if they are unavailable.
export function hold(sale, token, seats, options = {}) {
  const response = call('POST', '/bookings', Object.assign({ token, name: 'hold', body: { eventId: sale.event, seats } }, options));
  if (!expect(response, 'a hold is accepted or refused', 201, 409)) return null;
  if (response.status === 409) {
    refused.add(1);
    return null;
  }
  accepted.add(1);
  return response.json();
}

export function pay(token, booking, paymentToken = 'tok_ok', options = {}) {
  return call('POST', `/bookings/${booking.id}/payments`,
    Object.assign({ token, name: 'pay', key: `pay-${booking.id}-${paymentToken}`, body: { method: 'mock', token: paymentToken } }, options));
}

// audit is a script's teardown(): seats must add up. `eventra check` checks more.
export function audit(sale) {
  for (let n = 0; n < instances; n++) {
    const a = call('GET', `/events/${sale.event}/availability`, { phase: 'setup', name: 'audit', at: base(n) }).json();
    if (a.total !== sale.seats || a.available + a.held + a.booked !== a.total) fail(`the seats do not add up: ${JSON.stringify(a)}`);
    console.log(`instance ${n + 1}: ${a.available} available, ${a.held} held, ${a.booked} booked of ${a.total}`);
  }
}
