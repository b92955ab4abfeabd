package linearizable

import (
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// History is all operations on one event.
type History struct {
	Event      string
	Seats      []string // all seats of the event
	HoldFor    time.Duration
	Operations []client.Operation // by time of start
	// Stored is the end state in the database, nil if it is unknown.
	Stored *ledger.Stored
	// Cut says that the history goes on: the end state tells what was made, but not how it was
	// when the last operation ended.
	Cut bool
	// Stale reports whether a seat map may be older than its request, as those of
	// an instance that is cut off. Such maps prove nothing and are ignored. May be
	// nil.
	Stale func(*client.Operation) bool
}

// Parts splits a history into parts that can be judged alone.
func (h *History) Parts() []*Part {
	if len(h.Operations) == 0 {
		return nil
	}
	b := &builder{History: h, attempts: gather(h.Operations, h.Stored, h.HoldFor), at: map[*attempt]location{}, began: h.Operations[0].Start}
	for i := range h.Operations {
		b.end = max(b.end, b.time(h.Operations[i].End))
	}
	if h.Stored != nil {
		b.end = max(b.end, b.time(h.Stored.Now))
	}
	b.end++
	b.parts, b.partOf = split(h.Event, h.Seats, b.all)
	for _, c := range b.all {
		if b.mayHold(c) {
			part := b.partOf[c.seats[0]]
			b.at[c] = location{part, part.add(c)}
		}
	}
	for _, c := range b.all {
		b.hold(c)
	}
	for _, a := range b.inOrder {
		b.unblock(a)
	}
	for _, r := range b.refunds {
		b.refund(r)
	}
	for _, o := range onePayment(h.Operations) {
		b.operation(&o)
	}
	b.close()
	return slices.DeleteFunc(b.parts, func(p *Part) bool { return len(p.attempts) == 0 && len(p.Steps) == 0 })
}

// onePayment merges all payments under one key into one operation: the first one
// may have had the effect that the last one reports.
func onePayment(operations []client.Operation) (folded []client.Operation) {
	first := map[string]int{}
	for _, o := range operations {
		key := o.Buyer + " " + o.Booking + " " + o.Key
		n, tried := first[key]
		switch {
		case o.Kind != client.Pay || o.NotExecuted():
		case !tried:
			first[key] = len(folded)
		case folded[n].Certain():
			continue // the first outcome, repeated
		default:
			start := folded[n].Start
			folded[n] = o
			folded[n].Start = start
			continue
		}
		folded = append(folded, o)
	}
	return folded
}
