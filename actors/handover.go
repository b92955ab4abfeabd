package actors

import (
	"github.com/eventra/eventra/actors/cluster"
)

// handOver gives the event up: the flights in the air land, all others are
// sent to the next owner, who is told to load.
func (a *activation) handOver() {
	if a.phase >= moving {
		return
	}
	a.phase = moving
	a.requeue(nil)
	a.turnAway()
	if len(a.air) == 0 {
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

// leave is the last act of an activation that is stopped: flights in the air
// are waited for, so that their callers get the outcome.
func (a *activation) leave() {
	a.forget()
	a.phase = over
	for _, f := range a.air {
		a.wait(f.told) // bounded by settleTimeout and commitTimeout, and by those before it on the runways
		a.outcome(f)
	}
	a.air = nil
	a.requeue(nil)
	a.turnAway()
}
