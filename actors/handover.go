package actors

import (
	"github.com/eventra/eventra/actors/cluster"
)

// handOver gives the event up: the batch in flight completes, all others are
// sent to the next owner, who is told to load.
func (a *activation) handOver() {
	if a.phase >= moving {
		return
	}
	a.phase = moving
	a.requeue(nil)
	a.turnAway()
	if a.inFlight == nil {
		a.retire()
	}
}

// retire ends this activation gently: nobody finds it any more, who waits and
// who still comes is told to ask again.
func (a *activation) retire() {
	if a.phase == moving {
		defer a.wakeElsewhere()
	}
	a.phase = over
	a.forget()
	a.requeue(nil)
	a.turnAway()
	a.stopAfter(retireAfter)
}

func (a *activation) turnAway() {
	for _, r := range a.waiting {
		a.fail(r, cluster.ErrMoved)
	}
	for _, from := range a.reloading {
		a.reply(from, &reply{err: cluster.ErrMoved})
	}
	a.waiting, a.reloading, a.overdue = nil, nil, nil
}

// leave is the last act of an activation that is stopped: the batch in
// flight is waited for, so that its callers get the outcome.
func (a *activation) leave() {
	a.forget()
	a.phase = over
	if b := a.inFlight; b != nil {
		a.Wait(b.Done()) // bounded by the timeouts of groupcommit, for it and those before it in the pool
		a.inFlight = nil
		a.outcome(b)
		a.pool.ReleasePending()
	}
	a.requeue(nil)
	a.turnAway()
}
