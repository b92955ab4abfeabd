// The minute in which a sale opens: ever more buyers want the seats of one
// event, half of them the same few.
import exec from 'k6/execution';
import { accepted, audit, freshSeats, hold, openSale, promises, seat, tokenOf } from './lib/eventra.js';

const rate = Number(__ENV.RATE || 300); // buyers a second at the peak
const duration = __ENV.DURATION || '60s';
const wanted = 200; // seats that many want

export const options = {
  scenarios: {
    onsale: {
      executor: 'ramping-arrival-rate', startRate: Math.ceil(rate / 10), timeUnit: '1s',
      preAllocatedVUs: 100, maxVUs: 2000, stages: [{ target: rate, duration: '2s' }, { target: rate, duration }],
    },
  },
  thresholds: Object.assign({
    'http_req_duration{name:hold}': ['p(99)<100'],
    dropped_iterations: ['count==0'], // buyers that k6 had no hands for
    [accepted.name]: ['count>0'],
  }, promises),
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export const setup = () => openSale({ rows: 1000, title: 'On-sale minute' });

export default function (sale) {
  const n = exec.scenario.iterationInTest;
  const seats = Math.random() < 0.5
    ? [seat(sale, Math.floor(Math.random() * wanted))]
    : freshSeats(sale, wanted / 2 + (n % ((sale.seats - wanted) / 2)), 2);
  hold(sale, tokenOf(sale, n), seats);
}

export const teardown = audit;
