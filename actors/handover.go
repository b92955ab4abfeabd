package actors

import (
	"github.com/eventra/eventra/actors/cluster"
)

// handOver gives the event up: the flight in the air lands, all others are
// sent to the next owner, who is told to load.
func (a *activation) handOver() {
	if a.phase >= moving {
		return
	}
	a.phase = moving
	a.requeue(nil)
	a.turnAway()
	if a.air == nil {
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

// leave is the last act of an activation that is stopped: the flight in the
// air is waited for, so that its callers get the outcome.
func (a *activation) leave() {
	a.forget()
	a.phase = over
	if f := a.air; f != nil {
		a.wait(f.told) // bounded by settleTimeout and commitTimeout, and by those before it on the runways
		a.air = nil
		a.outcome(f)
		a.runways.settle()
	}
	a.requeue(nil)
	a.turnAway()
}
