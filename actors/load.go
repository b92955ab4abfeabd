package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

const (
	// loadTimeout bounds one attempt at taking an epoch and reading the event.
	loadTimeout = 4 * time.Second
	// backoffMin and backoffMax bound the pause between attempts while the store
	// is away; meanwhile requests are refused at once.
	backoffMin, backoffMax = 50 * time.Millisecond, time.Second
)

// load takes a new epoch and reads the event under it.
func (a *activation) load() {
	a.phase, a.reloadWanted = loading, false
	a.Run(func() {
		a.loads <- struct{}{} // held for at most loadTimeout
		defer func() { <-a.loads }()
		if a.ended.Load() { // while it waited; another epoch would stop the event's new owner
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
		defer cancel()
		msg := &loaded{}
		msg.snapshot, msg.err = a.Store.Activate(ctx, a.id)
		a.tell(msg)
	})
}

// tryLoad loads again if the last attempt has failed and the pause is over. It
// reports whether a request may wait for a load.
func (a *activation) tryLoad() bool {
	if a.phase == down && !a.Now().Before(a.nextLoad) {
		a.load()
	}
	return a.phase != down
}

// reload reads the event again and answers then.
func (a *activation) reload(to replyTo) {
	if a.phase >= moving {
		a.send(to, &reply{err: cluster.ErrMoved})
		return
	}
	a.reloaders = append(a.reloaders, to)
	a.outdated = true
	a.reloadSoon()
}

// reloadSoon reads the event again, after the batch in flight or the present load, which may have
// read the state before.
func (a *activation) reloadSoon() {
	if a.inFlight != nil || a.phase == loading {
		a.reloadWanted = true
		return
	}
	a.requeue(nil)
	a.load()
}

func (a *activation) loaded(msg *loaded) {
	if a.phase != loading {
		return
	}
	if a.reloadWanted {
		a.load()
		return
	}
	if msg.err == nil {
		msg.err = a.activate(msg.snapshot)
	}
	if msg.err != nil {
		a.loadFailed(msg.err)
		return
	}
	for _, r := range a.readers {
		a.show(r.to, r.question)
	}
	for _, to := range a.reloaders {
		a.send(to, &reply{})
	}
	a.readers, a.reloaders = nil, nil
	a.pump()
}

func (a *activation) activate(snapshot *eventra.Snapshot) error {
	seats, err := eventra.NewSeatMap(snapshot)
	if err != nil {
		a.Log.Error("stored seats contradict each other; not selling", "eventId", a.id, "error", err)
		return err
	}
	if a.seats != nil {
		seats.Supersede(a.seats)
	}
	a.seats, a.epoch, a.phase, a.backoff = seats, snapshot.Epoch, active, 0
	a.outdated = false
	a.stats.count(a.seats)
	a.clock.reset(snapshot.Now, a.Now())
	a.Metrics.activations.Inc()
	var holds []deadline
	seats.Holds(func(b *eventra.Booking) { holds = append(holds, newDeadline(b.ID, a.clock.local(seats.HoldEnds(b)))) })
	a.overdue = nil
	a.arm(&arm{holds: holds, afresh: true})
	return nil
}

func (a *activation) loadFailed(err error) {
	missing := eventra.CodeOf(err) == eventra.CodeEventNotFound
	if !missing {
		a.Log.Warn("event not loaded", "eventId", a.id, "error", err)
		if eventra.CodeOf(err) != eventra.CodeUnavailable {
			a.Metrics.contradictory.Inc()
		}
		err = eventra.Unavailable("postgres", err)
	}
	a.phase = down
	a.backoff = min(max(2*a.backoff, backoffMin), backoffMax)
	a.nextLoad = a.Now().Add(a.backoff)
	for _, r := range a.waiting {
		a.fail(r, err)
	}
	a.waiting = nil
	for _, r := range a.readers {
		a.send(r.to, &reply{err: err})
	}
	for _, to := range a.reloaders {
		a.send(to, &reply{err: err})
	}
	a.readers, a.reloaders = nil, nil
	if missing {
		a.retire()
	}
}
