package actors

import (
	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// batch is changes of the event and the requests that wait for their outcome.
type batch struct {
	groupcommit.Batch
	requests []*request // by position in Changes
	expiries int        // changes that end due holds
	taking   int        // changes that take seats, and so need locks
}

func (b *batch) add(c *eventra.Change, r *request) {
	b.Add(c)
	b.requests = append(b.requests, r)
	if r.traced != nil {
		b.Trace(r.traced.span)
	}
	if _, due := r.command.(*eventra.ExpireHold); due {
		b.expiries++
	}
	if c.Kind.TakesSeats() {
		b.taking++
	}
}

// join appends a batch. Both have their locks.
func (b *batch) join(next *batch) {
	b.Join(&next.Batch)
	b.requests = append(b.requests, next.requests...)
	b.expiries, b.taking = b.expiries+next.expiries, b.taking+next.taking
}

// prepared tells an activation that a batch has its locks.
type prepared struct{ batch *batch }

// completed tells an activation that its batch in flight has an outcome.
type completed struct{ batch *batch }
