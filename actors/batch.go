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
}

func (b *batch) add(c *eventra.Change, r *request) {
	b.Add(c)
	b.requests = append(b.requests, r)
	if c.Kind == eventra.Expired {
		b.expiries++
	}
}

// completed tells an activation that its batch in flight has an outcome.
type completed struct{ batch *batch }
