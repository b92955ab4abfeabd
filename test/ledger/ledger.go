// Package ledger keeps what buyers were told and finds what cannot be true: a
// seat promised twice, a seat refused that nobody had, a promise that the
// database does not keep.
package ledger

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Ledger records operations; it is safe for concurrent use.
type Ledger struct {
	mu         sync.Mutex
	operations []client.Operation
}

// Record implements [client.Journal].
func (l *Ledger) Record(o client.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.operations = append(l.operations, o)
}

// Operations returns what was recorded so far, by time of start.
func (l *Ledger) Operations() []client.Operation {
	l.mu.Lock()
	operations := slices.Clone(l.operations)
	l.mu.Unlock()
	slices.SortStableFunc(operations, func(a, b client.Operation) int { return a.Start.Compare(b.Start) })
	return operations
}

// Since returns what was recorded of operations that started after a moment,
// in no particular order; it is cheap enough to be asked often.
func (l *Ledger) Since(start time.Time) (operations []client.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.operations) - 1; i >= 0; i-- {
		o := &l.operations[i]
		if o.End.Before(start.Add(-time.Second)) {
			break // they are recorded as they end, nearly in order
		}
		if o.Start.After(start) {
			operations = append(operations, *o)
		}
	}
	return operations
}

// Fault is one thing that cannot be.
type Fault struct {
	What    Wrong
	Event   string
	Subject string // a seat or a booking
	Detail  string
}

// Wrong is a kind of fault.
type Wrong string

// What can be wrong.
const (
	DoubleBooking Wrong = "double booking"  // a seat was promised while somebody else had it
	FalseRefusal  Wrong = "false refusal"   // a seat was refused that nobody ever had until then
	StaleRefusal  Wrong = "stale refusal"   // a seat was refused that had been somebody's, but was free for the whole request
	LostHold      Wrong = "lost hold"       // an acknowledged booking is not there
	WrongState    Wrong = "wrong state"     // a booking's status is not what its owner was told
	WrongEvent    Wrong = "wrong event"     // a booking is for another event than its buyer asked for
	WrongSeats    Wrong = "wrong seats"     // a booking has other seats than its owner was told
	Phantom       Wrong = "phantom booking" // a booking that nobody asked for, or that was refused
	TwoOutcomes   Wrong = "two outcomes"    // one idempotency key, two answers
	WrongAnswer   Wrong = "wrong answer"    // an answer that nothing here can lead to
	Inconsistent  Wrong = "inconsistent"    // stored rows contradict each other
)

func (f Fault) String() string {
	return fmt.Sprintf("%s: event %s, %s: %s", f.What, f.Event, f.Subject, f.Detail)
}

// Count sums up faults by kind, such as "2 × lost hold".
func Count(faults []Fault) string {
	if len(faults) == 0 {
		return "none"
	}
	counts := map[Wrong]int{}
	for _, f := range faults {
		counts[f.What]++
	}
	var parts []string
	for what, n := range counts {
		parts = append(parts, fmt.Sprintf("%d × %s", n, what))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
