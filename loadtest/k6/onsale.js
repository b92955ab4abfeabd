// The minute in which a sale opens: more and more buyers hold seats of one event, half
// of them the same few.
import exec from 'k6/execution';
import { accepted, audit, freshSeats, hold, openSale, commonThresholds, seat, tokenOf } from './lib/eventra.js';

const rate = Number(__ENV.RATE || 300); // buyers a second at the peak
const duration = __ENV.DURATION || '60s';
const contended = 200; // the number of seats that half of the buyers request

export const options = {
  scenarios: {
    onsale: {
      executor: 'ramping-arrival-rate', startRate: Math.ceil(rate / 10), timeUnit: '1s',
      preAllocatedVUs: 100, maxVUs: 2000, stages: [{ target: rate, duration: '2s' }, { target: rate, duration }],
    },
  },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<100'],
    dropped_iterations: ['count==0'], // buyers for whom k6 had no VU
    [accepted.name]: ['count>0'],
  }, commonThresholds),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 1000, title: 'On-sale minute' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  const seats = Math.random() < 0.5
    ? [seat(sale, Math.floor(Math.random() * contended))]
    : freshSeats(sale, contended / 2 + (n % ((sale.seats - contended) / 2)), 2);
  hold(sale, tokenOf(sale, n), seats);
}

export const teardown = audit;
