// Package ledger records what buyers were told and finds violations: a seat
// promised twice, a seat refused that was free, a promise that the database does
// not keep.
package ledger

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Ledger records operations. It is safe for concurrent use.
type Ledger struct {
	mu         sync.Mutex
	operations []client.Operation
}

// Record implements [client.Recorder].
func (l *Ledger) Record(o client.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.operations = append(l.operations, o)
}

// Operations returns the recorded operations, by time of start.
func (l *Ledger) Operations() []client.Operation {
	l.mu.Lock()
	operations := slices.Clone(l.operations)
	l.mu.Unlock()
	slices.SortStableFunc(operations, func(a, b client.Operation) int { return a.Start.Compare(b.Start) })
	return operations
}

// Since returns the recorded operations that started after a moment, in no
// particular order. It is cheap enough for polling.
func (l *Ledger) Since(start time.Time) (operations []client.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.operations) - 1; i >= 0; i-- {
		o := &l.operations[i]
		if o.End.Before(start.Add(-time.Second)) {
			break // operations are recorded as they end, nearly in order
		}
		if o.Start.After(start) {
			operations = append(operations, *o)
		}
	}
	return operations
}

// Violation is an answer or a stored row that cannot be right.
type Violation struct {
	Kind    ViolationKind
	Event   string
	Subject string // a seat or a booking
	Detail  string
}

// ViolationKind says what is wrong.
type ViolationKind string

// The kinds of violations.
const (
	DoubleBooking ViolationKind = "double booking"  // a seat was promised while another buyer certainly held it
	FalseRefusal  ViolationKind = "false refusal"   // a seat was refused that had been free until then
	StaleRefusal  ViolationKind = "stale refusal"   // a seat was refused that was free again during the whole request
	LostHold      ViolationKind = "lost hold"       // an acknowledged booking does not exist
	WrongState    ViolationKind = "wrong state"     // a booking's status contradicts an answer
	WrongEvent    ViolationKind = "wrong event"     // a booking is for another event than requested
	WrongSeats    ViolationKind = "wrong seats"     // a booking has other seats than requested
	Phantom       ViolationKind = "phantom booking" // a booking that was never requested, or was refused
	TwoOutcomes   ViolationKind = "two outcomes"    // one idempotency key has two answers
	WrongAnswer   ViolationKind = "wrong answer"    // an answer that no operation of the test leads to
	Inconsistent  ViolationKind = "inconsistent"    // stored rows contradict each other
	WrongPrice    ViolationKind = "wrong price"     // a booking costs something else than its items did when it was held
	WrongMoney    ViolationKind = "wrong money"     // what was paid and not given back is not what is sold
	WrongRefund   ViolationKind = "wrong refund"    // money went back that nobody asked for, not once, or too much of it
	Oversold      ViolationKind = "oversold"        // more places are taken than there are
	AboveLimit    ViolationKind = "above limit"     // a customer has more than the event allows
	FalseLimit    ViolationKind = "false limit"     // a customer was refused who could not have had so many
	FalseOrphan   ViolationKind = "false orphan"    // a pick was refused, or warned of, for a seat that would not stay alone
	OffSale       ViolationKind = "off sale"        // a removed seat was sold, or a blocked one is not blocked any more
)

func (v Violation) String() string {
	return fmt.Sprintf("%s: event %s, %s: %s", v.Kind, v.Event, v.Subject, v.Detail)
}

// Count counts violations by kind, such as "2 × lost hold".
func Count(violations []Violation) string {
	if len(violations) == 0 {
		return "none"
	}
	counts := map[ViolationKind]int{}
	for _, v := range violations {
		counts[v.Kind]++
	}
	var parts []string
	for kind, n := range counts {
		parts = append(parts, fmt.Sprintf("%d × %s", n, kind))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
