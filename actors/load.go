package actors

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

const (
	// loadTimeout bounds one attempt at taking an epoch and reading the event.
	loadTimeout = 4 * time.Second
	// backoffMin and backoffMax part attempts while the store is away; between
	// them requests are refused at once.
	backoffMin, backoffMax = 50 * time.Millisecond, time.Second
)

// errLoading: nothing to show yet; ask again in a moment.
var errLoading = errors.New("the event is being loaded")

// load takes a new epoch and reads the event under it.
func (a *activation) load() {
	a.phase, a.stale = loading, false
	a.Run(func() {
		a.loads <- struct{}{} // held for loadTimeout at the most
		defer func() { <-a.loads }()
		ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
		defer cancel()
		msg := &loaded{}
		msg.snapshot, msg.err = a.Store.Activate(ctx, a.id)
		a.tell(msg)
	})
}

// mayWait reports whether a request may wait to be decided. It starts another
// attempt at loading if the store was away and it is time.
func (a *activation) mayWait() bool {
	if a.phase == down && !a.Now().Before(a.nextTry) {
		a.load()
	}
	return a.phase != down
}

// reload answers when the event has been read anew.
func (a *activation) reload(from asker) {
	if a.phase >= moving {
		a.reply(from, &reply{err: cluster.ErrMoved})
		return
	}
	a.reloading = append(a.reloading, from)
	switch {
	case a.inFlight != nil:
		a.stale = true
	case a.phase == loading:
		a.stale = true // the load under way may have read what was before
	default:
		a.requeue(nil)
		a.load()
	}
}

func (a *activation) loaded(msg *loaded) {
	if a.phase != loading {
		return
	}
	if a.stale {
		a.load()
		return
	}
	if msg.err == nil {
		msg.err = a.activate(msg)
	}
	if msg.err != nil {
		a.loadFailed(msg.err)
		return
	}
	for _, from := range a.reloading {
		a.reply(from, &reply{})
	}
	a.reloading = nil
	a.pump()
}

func (a *activation) activate(msg *loaded) error {
	seats, err := eventra.NewSeatMap(msg.snapshot)
	if err != nil {
		a.Log.Error("stored seats contradict each other; not selling", "event", a.id, "error", err)
		return err
	}
	a.seats, a.epoch, a.phase, a.backoff = seats, msg.snapshot.Epoch, active, 0
	a.clock.reset(msg.snapshot.Now, a.Now())
	a.Metrics.activations.Inc()
	var holds []deadline
	seats.Holds(func(b *eventra.Booking) { holds = append(holds, deadline{b.ID, a.clock.local(b.Due())}) })
	a.overdue = nil
	a.arm(&arm{holds: holds, afresh: true})
	return nil
}

func (a *activation) loadFailed(err error) {
	missing := eventra.CodeOf(err) == eventra.CodeEventNotFound
	if !missing {
		a.Log.Warn("event not loaded", "event", a.id, "error", err)
		err = eventra.Unavailable("postgres", err)
	}
	a.phase = down
	a.backoff = min(max(2*a.backoff, backoffMin), backoffMax)
	a.nextTry = a.Now().Add(a.backoff)
	for _, r := range a.waiting {
		a.fail(r, err)
	}
	a.waiting = nil
	for _, from := range a.reloading {
		a.reply(from, &reply{err: err})
	}
	a.reloading = nil
	if missing {
		a.retire()
	}
}
