// Buyers hold seats while watchers read the whole map and follow the stream. k6 reads a
// stream only until its timeout, so that a watcher comes again and again, with the
// version that it knows.
import http from 'k6/http';
import exec from 'k6/execution';
import { accepted, audit, base, call, expect, freshSeats, hold, openSale, commonThresholds, tokenOf, violation } from './lib/eventra.js';

const rate = Number(__ENV.RATE || 100); // holds a second
const watchers = Number(__ENV.WATCHERS || 20);
const duration = __ENV.DURATION || '30s';

export const options = {
  scenarios: {
    holds: { executor: 'constant-arrival-rate', exec: 'buy', rate, duration, preAllocatedVUs: 50, maxVUs: 500 },
    maps: { executor: 'constant-vus', exec: 'read', vus: watchers, duration },
    streams: { executor: 'constant-vus', exec: 'watch', vus: watchers, duration },
  },
  thresholds: Object.assign({ 'http_req_duration{name:hold}': ['p(99)<200'], [accepted.name]: ['count>0'] }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 100, title: 'Watched house' });

export function buy(sale) {
  const n = exec.scenario.iterationInTest % sale.seats;
  hold(sale, tokenOf(sale, n), freshSeats(sale, n, 1));
}

let version = 0; // that this VU has seen

// seen checks that versions do not go back.
function seen(next, what) {
  if (!(next >= version)) violation(`${what}: version ${next} follows version ${version}`);
  version = next;
}

export function read(sale) {
  const response = call('GET', `/events/${sale.event}/seats`, { name: 'map', headers: { 'Accept-Encoding': 'gzip' } });
  if (!expect(response, 'the map is answered', 200)) return;
  const map = response.json();
  if (map.seats.length !== sale.seats) violation(`the map has ${map.seats.length} of ${sale.seats} seats`);
  seen(map.version, 'map');
}

export function watch(sale) {
  // The heartbeat of an unchanged event comes after 15 s; the timeout ends the stream before.
  const known = call('GET', `/events/${sale.event}/availability`, { name: 'version' });
  if (!expect(known, 'the counts are answered', 200)) return;
  seen(known.json().version, 'counts');
  const response = http.get(`${base()}/events/${sale.event}/seats/stream?since=${version}`, {
    timeout: '1s', tags: { name: 'stream', phase: 'stream' }, responseCallback: null,
  });
  // A stream that the timeout ended has no status; one that was refused has.
  if (response.status !== 0 && response.status !== 200) violation(`stream: ${response.status} ${response.body}`);
}

export const teardown = audit;
