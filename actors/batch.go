package actors

import (
	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// batch is changes of the event and the requests that wait for their outcome.
type batch struct {
	groupcommit.Batch
	requests []*request // by position in Changes
	due      int        // how many of the changes end holds that are due
}

func (b *batch) add(c *eventra.Change, r *request) {
	b.Add(c)
	b.requests = append(b.requests, r)
	if c.Kind == eventra.Expired {
		b.due++
	}
}
