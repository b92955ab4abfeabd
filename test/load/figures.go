package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Operations are those of a run, by time of start.
type Operations []client.Operation

// Where keeps the operations that pass.
func (ops Operations) Where(keep func(*client.Operation) bool) (kept Operations) {
	for i := range ops {
		if keep(&ops[i]) {
			kept = append(kept, ops[i])
		}
	}
	return kept
}

// Between keeps those that started in a time.
func (ops Operations) Between(from, to time.Time) Operations {
	return ops.Where(func(o *client.Operation) bool { return !o.Start.Before(from) && o.Start.Before(to) })
}

// At keeps those that were sent to one target.
func (ops Operations) At(target string) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Target == target })
}

// About keeps those about one event.
func (ops Operations) About(event string) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Event == event })
}

// Of keeps those of one kind.
func (ops Operations) Of(kind client.Kind) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Kind == kind })
}

// Failed keeps those that a client would call an outage.
func (ops Operations) Failed() Operations {
	return ops.Where((*client.Operation).Failed)
}

// FirstSuccess tells how long after a moment the first operation was
// acknowledged that had also started after it.
func (ops Operations) FirstSuccess(after time.Time) (time.Duration, bool) {
	first, found := time.Duration(0), false
	for i := range ops {
		o := &ops[i]
		if o.Start.Before(after) || !o.Succeeded() {
			continue
		}
		if took := o.End.Sub(after); !found || took < first {
			first, found = took, true
		}
	}
	return first, found
}

// LastFailure tells how long after a moment the last operation started that
// failed; zero if none did.
func (ops Operations) LastFailure(after time.Time) (last time.Duration) {
	for i := range ops {
		if o := &ops[i]; o.Failed() && o.Start.After(after) {
			last = max(last, o.Start.Sub(after))
		}
	}
	return last
}

// Slowest is the time of the slowest operation.
func (ops Operations) Slowest() (slowest time.Duration) {
	for i := range ops {
		slowest = max(slowest, ops[i].Took)
	}
	return slowest
}

// SlowestOne describes the slowest operation, with its start counted from a
// moment.
func (ops Operations) SlowestOne(since time.Time) string {
	var slowest *client.Operation
	for i := range ops {
		if slowest == nil || ops[i].Took > slowest.Took {
			slowest = &ops[i]
		}
	}
	if slowest == nil {
		return "none"
	}
	return fmt.Sprintf("%s, %s, asked of %s at %+.2f s, answered within %.2f s", slowest.Kind, outcomeOf(slowest), slowest.Target,
		slowest.Start.Sub(since).Seconds(), slowest.Took.Seconds())
}

// Quantile is the time within which that part of the operations was answered.
func (ops Operations) Quantile(q float64) time.Duration {
	if len(ops) == 0 {
		return 0
	}
	times := make([]time.Duration, len(ops))
	for i := range ops {
		times[i] = ops[i].Took
	}
	slices.Sort(times)
	return times[min(len(times)-1, int(q*float64(len(times))))]
}

// Tally counts outcomes, such as "1204 × 201, 31 × 409 seats_unavailable, 2 ×
// no answer".
func (ops Operations) Tally() string {
	counts := map[string]int{}
	for i := range ops {
		counts[outcomeOf(&ops[i])]++
	}
	var outcomes []string
	for outcome := range counts {
		outcomes = append(outcomes, outcome)
	}
	slices.Sort(outcomes)
	var parts []string
	for _, outcome := range outcomes {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[outcome], outcome))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func outcomeOf(o *client.Operation) string {
	switch {
	case o.Unsent:
		return "not connected"
	case o.Status == 0:
		return "no answer"
	case o.Succeeded():
		return fmt.Sprint(o.Status)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", o.Status, o.Code))
}
