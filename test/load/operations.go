package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Operations are recorded operations, by time of start.
type Operations []client.Operation

// Where returns the operations that keep accepts.
func (ops Operations) Where(keep func(*client.Operation) bool) (kept Operations) {
	for i := range ops {
		if keep(&ops[i]) {
			kept = append(kept, ops[i])
		}
	}
	return kept
}

// Between returns the operations that started in [from, to).
func (ops Operations) Between(from, to time.Time) Operations {
	return ops.Where(func(o *client.Operation) bool { return !o.Start.Before(from) && o.Start.Before(to) })
}

// At returns the operations that were sent to one target.
func (ops Operations) At(target string) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Target == target })
}

// About returns the operations on one event.
func (ops Operations) About(event string) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Event == event })
}

// Of returns the operations of one kind.
func (ops Operations) Of(kind client.Kind) Operations {
	return ops.Where(func(o *client.Operation) bool { return o.Kind == kind })
}

// Failed returns the failed operations.
func (ops Operations) Failed() Operations {
	return ops.Where((*client.Operation).Failed)
}

// FirstSuccess returns the time from a moment to the first acknowledgement of an
// operation that started after it.
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

// LastFailure returns the time from a moment to the start of the last failed
// operation, zero if there is none.
func (ops Operations) LastFailure(after time.Time) (last time.Duration) {
	for i := range ops {
		if o := &ops[i]; o.Failed() && o.Start.After(after) {
			last = max(last, o.Start.Sub(after))
		}
	}
	return last
}

// Slowest returns the longest duration.
func (ops Operations) Slowest() (slowest time.Duration) {
	for i := range ops {
		slowest = max(slowest, ops[i].Took)
	}
	return slowest
}

// DescribeSlowest describes the slowest operation. Its start is counted from
// since.
func (ops Operations) DescribeSlowest(since time.Time) string {
	var slowest *client.Operation
	for i := range ops {
		if slowest == nil || ops[i].Took > slowest.Took {
			slowest = &ops[i]
		}
	}
	if slowest == nil {
		return "none"
	}
	return fmt.Sprintf("%s, %s, sent to %s at %+.2f s, answered within %.2f s", slowest.Kind, outcomeOf(slowest), slowest.Target,
		slowest.Start.Sub(since).Seconds(), slowest.Took.Seconds())
}

// Quantile returns the q-quantile of the durations, 0 without operations.
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
