package main

import (
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func TestCostsOfAHold(t *testing.T) {
	for name, c := range map[string]struct {
		w                   workload
		postgres, log, kept float64
	}{
		"expires": {
			workload{seats: 1},
			pgHold.value + pgHoldSeat.value + pgExpire.value + pgExpireSeat.value,
			logHold.value + logHoldSeat.value + logExpire.value + logExpireSeat.value,
			restBooking.value + restBookingSeat.value,
		},
		"is paid for": {
			workload{seats: 2, confirmed: 1},
			pgHold.value + 2*pgHoldSeat.value + pgStart.value + pgConfirm.value + 2*pgConfirmSeat.value,
			logHold.value + 2*logHoldSeat.value + logStart.value + logConfirm.value + 2*logConfirmSeat.value,
			restBooking.value + 2*restBookingSeat.value + restPayment.value + restOutbox.value,
		},
		"is paid for, both with a key": {
			workload{confirmed: 1, keys: 1},
			pgHold.value + pgStart.value + pgConfirm.value + 2*pgKey.value,
			logHold.value + logStart.value + logConfirm.value + 2*logKey.value,
			restBooking.value + restPayment.value + restOutbox.value,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for what, pair := range map[string][2]float64{
				"postgres": {c.w.postgresSeconds(), c.postgres}, "log": {c.w.logBytes(), c.log}, "kept": {c.w.keptBytes(), c.kept},
			} {
				if !near(pair[0], pair[1]) {
					t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	h := hardware{instanceCores: 4, postgresCores: 8, logBytes: 1e8, netBytes: 1e8, connections: 97, use: 0.5}
	w := workload{seats: 1}
	for _, l := range limits(w, h) {
		want := map[string]float64{
			"one batch in flight, holds alone":       512 / (1/1400.0 + 512*w.holdSeconds()),
			"one batch in flight, with what follows": 512 / (2/1400.0 + 512*w.postgresSeconds()),
			"its actor":                              150_000,
			"CPU":                                    2 / (goHold.value + goHop.value),
			"network":                                0.5e8 / 1500,
			"CPU of Postgres":                        4 / w.postgresSeconds(),
			"log to disk and standby":                0.5e8 / w.logBytes() / logFresh.value,
			"CPU of Redis, which is one core":        0.5 / 7e-6,
		}[l.what]
		if !near(l.rate, want) {
			t.Errorf("%s: %v, want %v", l.what, l.rate, want)
		}
	}
}

func TestPlan(t *testing.T) {
	h := hardware{instanceCores: 4, postgresCores: 8, logBytes: 1e9, netBytes: 1e9, connections: 97, use: 0.5}
	w := workload{seats: 1, hottest: 1000}
	w.total = 2.5 * rateOf(limits(w, h), "database").rate
	if p := planFor(w, h); p.databases != 3 || !p.possible {
		t.Errorf("%+v, want 3 databases", p)
	}
	w.hottest = w.total
	if planFor(w, h).possible {
		t.Error("an event is not spread over two databases")
	}
	if n := membersMax(h); n != 4 {
		t.Errorf("%d instances by connections, want 4", n)
	}
	if got, want := pings(10), 180.0; got != want {
		t.Errorf("%v pings, want %v", got, want)
	}
}

func TestCosts(t *testing.T) {
	w, h := workload{seats: 1, retentionDays: 60}, hardware{use: 0.5}
	money := map[string]float64{}
	for _, c := range costs(w, h, prices{coreHour: 3600, gbMonth: 10, logGB: 1}, 1) {
		money[c.what] = c.money
	}
	for what, want := range map[string]float64{
		"instances": 2 * 55, "Redis": 2 * 7, "log": w.logBytes() / 1e3, "rows that are kept": 2 * 10 * w.keptBytes() / 1e3,
		"idempotency keys": 0, "Postgres, idempotency keys": 0,
	} {
		if !near(money[what], want) {
			t.Errorf("%s: %v, want %v", what, money[what], want)
		}
	}
}

// More resources never lower a limit, and more work never raises one.
func TestLimitsAreMonotonic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	between := func(low, high float64) float64 { return low + random.Float64()*(high-low) }
	for range 2_000 {
		w := workload{seats: between(1, 10), confirmed: between(0, 1), refusals: between(0, 20), keys: between(0, 1)}
		h := hardware{instanceCores: between(1, 64), postgresCores: between(1, 64), logBytes: between(1e6, 1e9), netBytes: between(1e6, 1e9),
			roundTrip: between(0, 0.01), use: between(0.1, 1)}
		before := byName(limits(w, h))
		for name, change := range map[string]func(*workload, *hardware){
			"more cores": func(_ *workload, h *hardware) {
				h.instanceCores, h.postgresCores = 2*h.instanceCores, 2*h.postgresCores
			},
			"more disk":      func(_ *workload, h *hardware) { h.logBytes *= 2 },
			"more net":       func(_ *workload, h *hardware) { h.netBytes *= 2 },
			"nearer":         func(_ *workload, h *hardware) { h.roundTrip /= 2 },
			"fewer seats":    func(w *workload, _ *hardware) { w.seats /= 2 },
			"fewer keys":     func(w *workload, _ *hardware) { w.keys /= 2 },
			"fewer refusals": func(w *workload, _ *hardware) { w.refusals /= 2 },
		} {
			changedW, changedH := w, h
			change(&changedW, &changedH)
			for what, rate := range byName(limits(changedW, changedH)) {
				if rate < before[what]*(1-1e-12) {
					t.Fatalf("%s lowers %q from %v to %v: %+v %+v", name, what, before[what], rate, w, h)
				}
			}
		}
	}
}

func byName(list []limit) map[string]float64 {
	rates := map[string]float64{}
	for _, l := range list {
		rates[l.of+", "+l.what] = l.rate
	}
	return rates
}

func TestLimitsComeInOrder(t *testing.T) {
	list := limits(workload{seats: 2}, hardware{instanceCores: 2, postgresCores: 2, logBytes: 1e8, netBytes: 1e8, use: 1})
	if !slices.IsSortedFunc(list, func(a, b limit) int { return int(math.Copysign(1, a.rate-b.rate)) }) {
		t.Errorf("not sorted: %v", list)
	}
}

func TestPlacing(t *testing.T) {
	const events, databases, runs = 100, 4, 200
	for _, p := range placings {
		for _, moved := range []int{0, 8} {
			first := simulate(p, moved, events, databases, runs, 1, 0.7, 1)
			if again := simulate(p, moved, events, databases, runs, 1, 0.7, 1); first != again {
				t.Errorf("%s: the same seed gives %v and %v", p.name, first, again)
			}
			if first.mean < first.floor-1e-9 || first.p95 < first.mean*0.9 || first.mean > databases {
				t.Errorf("%s: %+v", p.name, first)
			}
		}
	}
	hash := simulate(placings[0], 0, events, databases, runs, 1, 0, 1)
	known := simulate(placings[2], events, events, databases, runs, 1, 0, 1)
	if known.mean > 1.01*known.floor || hash.mean < known.mean {
		t.Errorf("all placed by what comes: %v, hashed: %v", known, hash)
	}
	if s := zipf(3, 1); !near(s[0], 6.0/11) || !near(s[2], 2.0/11) {
		t.Errorf("zipf: %v", s)
	}
	if r := ratio([]int{0, 1, 0}, []float64{2, 1, 1}, 2); !near(r, 1.5) {
		t.Errorf("ratio: %v", r)
	}
}

func TestParse(t *testing.T) {
	s, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.runs = 1
	s.constants = true
	s.print(io.Discard)
	for _, wrong := range []string{"-use=0", "-use=2", "-confirmed=1.5", "-hottest=0", "-runs=0", "-postgres-cores=0"} {
		if _, err := parse([]string{wrong}); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1.2345: "1.23", 999: "999", 1000: "1,000", 1_234_567: "1,234,567", 1_000_001: "1,000,001"} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
