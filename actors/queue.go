package actors

import "github.com/eventra/eventra"

// triesMax bounds how often a request is decided again after a batch that was
// lost or contradicted by the store.
const triesMax = 3

// unpark puts the parked requests before those that came later.
func (a *activation) unpark() {
	if len(a.parked) > 0 {
		a.waiting = append(a.parked, a.waiting...)
		a.parked = nil
	}
}

// requeue gives up all claims and queues their requests to be decided again:
// those of a batch without an outcome, if it is not nil, and those of the batch
// being filled.
func (a *activation) requeue(lost *batch) {
	var open []*request
	if lost != nil {
		for _, r := range lost.requests {
			if r.tries++; r.tries < triesMax {
				open = append(open, r)
			} else {
				a.fail(r, eventra.Unavailable("postgres", lost.Err))
			}
		}
	}
	open = append(open, a.abandonNext()...)
	open = append(open, a.parked...)
	a.parked = nil
	open = append(open, a.learning.abandon()...)
	a.waiting = append(open, a.waiting...)
}
