package actors

import (
	"errors"

	"github.com/eventra/eventra"
)

// flush submits the filled batch, unless it is empty or one is in flight, and
// reports whether it did. Requests that come meanwhile fill the next batch: the
// busier the event, the larger its batches.
func (a *activation) flush() bool {
	b := a.filling
	if b.Len() == 0 || a.inFlight != nil {
		return false
	}
	b.EventID, b.Epoch = a.id, a.epoch
	b.Version, b.Hold = a.seats.Version()+1, a.seats.Terms().Hold()
	a.filling, a.inFlight = &batch{}, b
	a.pool.Submit(&b.Batch, func() { a.tell(&completed{b}) })
	return true
}

// complete takes the outcome of the batch that was in flight, and submits the
// next one.
func (a *activation) complete(b *batch) {
	a.inFlight = nil
	a.outcome(b)
	switch {
	case a.phase == over:
		a.requeue(nil)
		a.turnAway()
	case a.phase == moving:
		a.retire()
	case a.stale:
		a.requeue(nil)
		a.load()
	default:
		a.unpark()
		a.pump()
	}
	if a.inFlight == nil {
		a.pool.ReleasePending()
	}
}

// outcome tells every request of a batch its outcome, or queues it again.
func (a *activation) outcome(b *batch) {
	switch {
	case b.Err == nil:
		a.committed(b)
	case a.phase >= moving:
		a.requeue(b) // the next owner knows
	case errors.Is(b.Err, eventra.ErrStaleEpoch):
		a.Log.Info("another activation took over", "event", a.id, "epoch", a.epoch)
		a.requeue(b)
		a.retire()
	case errors.Is(b.Err, eventra.ErrDiverged) || errors.Is(b.Err, eventra.ErrOutcomeUnknown):
		a.Log.Warn("reloading after a batch", "event", a.id, "changes", b.Len(), "error", b.Err)
		a.requeue(b)
		a.stale = true
	default:
		a.Log.Warn("batch not committed", "event", a.id, "changes", b.Len(), "error", b.Err)
		a.notCommitted(b)
	}
}

func (a *activation) committed(b *batch) {
	mails := false
	held := make([]eventra.ID, 0, b.Len())
	a.seen.committed(b.Len())
	if !b.Sent.IsZero() {
		a.clock.observe(b.Receipt.At, b.Sent, b.Received)
	}
	for i, c := range b.Changes {
		r := b.requests[i]
		switch {
		case b.Contended(i):
			a.seats.Withdraw(c)
			a.again(r)
		case b.Refused(i):
			a.seats.Withdraw(c)
			a.refused(c, r)
		default:
			a.seats.Apply(c, b.Version, b.Receipt.At)
			mails = mails || c.Kind == eventra.Confirmed || c.Kind == eventra.Rebooked
			if c.Kind == eventra.Expired {
				a.Metrics.expiryLateness.Observe(b.Receipt.At.Sub(c.Booking.Due()).Seconds())
			}
			if c.Booking != nil && c.Booking.Status == eventra.BookingHeld {
				held = append(held, c.Booking.ID)
			}
			a.reply(r.from, &reply{booking: c.Booking, payment: c.Payment})
		}
	}
	a.rearm(rearmPause, held...)
	if mails {
		a.Confirmed()
	}
}

// again lets a request that met a foreign lock try once more a little later.
func (a *activation) again(r *request) {
	if a.Now().Add(contentionPause).After(r.deadline) {
		a.fail(r, eventra.Unavailable("the seat lock", nil))
		return
	}
	a.parked = append(a.parked, r)
	if !a.retries {
		a.retries = true
		a.tellAfter(contentionPause, &retry{})
	}
}

// refused tells what the store's own guard said of one change.
func (a *activation) refused(c *eventra.Change, r *request) {
	switch c.Kind {
	case eventra.Expired:
		a.rearm(rearmPause, c.Booking.ID)
		a.reply(r.from, &reply{})
	default:
		a.fail(r, eventra.ErrRefusedByStore)
	}
}

func (a *activation) notCommitted(b *batch) {
	var due []eventra.ID
	for i, c := range b.Changes {
		a.seats.Withdraw(c)
		if c.Kind == eventra.Expired {
			due = append(due, c.Booking.ID)
		}
		a.fail(b.requests[i], eventra.Unavailable("postgres", b.Err))
	}
	a.rearm(rearmAwayPause, due...)
}

// requeue gives up all claims, those of a batch without an outcome (nil: none)
// and those of the batch being filled, and queues their requests to be decided
// anew.
func (a *activation) requeue(b *batch) {
	var open []*request
	if b != nil {
		for _, r := range b.requests {
			if r.tries++; r.tries < triesMax {
				open = append(open, r)
			} else {
				a.fail(r, eventra.Unavailable("postgres", b.Err))
			}
		}
	}
	open = append(open, a.filling.requests...)
	a.filling = &batch{}
	open = append(open, a.parked...)
	a.parked = nil
	a.waiting = append(open, a.waiting...)
}
