package actors

import (
	"errors"
	"slices"

	"github.com/eventra/eventra"
)

// takeOff sends the filled batch on its way, unless there is nothing to send or
// one is in the air, and reports whether it did. What comes meanwhile fills the
// next: the busier the event, the larger its batches.
func (a *activation) takeOff() bool {
	f := a.filling
	if f.len() == 0 || a.air != nil {
		return false
	}
	f.batch.EventID, f.batch.Epoch = a.id, a.epoch
	f.batch.Version, f.batch.Hold = a.seats.Version()+1, a.seats.Terms().Hold()
	f.arrived = func() { a.tell(&flushed{f}) }
	f.after = a.unsettled()
	a.filling, a.air = newFlight(), f
	a.runways.leave(f)
	return true
}

// unsettled are flights that have landed and whose locks may not be given back
// yet: seats that they freed may be wanted already.
func (a *activation) unsettled() []*flight {
	a.landed = slices.DeleteFunc(a.landed, (*flight).isSettled)
	return slices.Clone(a.landed)
}

// land takes the flight's outcome, and lets the next one take off. Redis learns
// of this one on the next one's way, or now if there is none.
func (a *activation) land(f *flight) {
	a.air, a.landed = nil, append(a.landed, f)
	a.outcome(f)
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
	if a.air == nil {
		a.runways.settle()
	}
}

// outcome gives a flight's outcome to everybody who waits for it.
func (a *activation) outcome(f *flight) {
	switch {
	case f.err == nil:
		a.committed(f)
	case a.phase >= moving:
		a.requeue(f) // the next owner knows
	case errors.Is(f.err, eventra.ErrStaleEpoch):
		a.Log.Info("another activation took over", "event", a.id, "epoch", a.epoch)
		a.requeue(f)
		a.retire()
	case errors.Is(f.err, eventra.ErrDiverged) || errors.Is(f.err, eventra.ErrOutcomeUnknown):
		a.Log.Warn("reloading after a batch", "event", a.id, "changes", f.len(), "error", f.err)
		a.requeue(f)
		a.stale = true
	default:
		a.Log.Warn("batch not committed", "event", a.id, "changes", f.len(), "error", f.err)
		a.notCommitted(f)
	}
}

func (a *activation) committed(f *flight) {
	mails := false
	held := make([]eventra.ID, 0, f.len())
	a.seen.committed(f.len())
	if !f.sent.IsZero() {
		a.clock.observe(f.receipt.At, f.sent, f.back)
	}
	for i, c := range f.batch.Changes {
		r := f.requests[i]
		switch {
		case f.is(f.contended, i):
			a.seats.Withdraw(c)
			a.again(r)
		case f.is(f.receipt.Refused, i):
			a.seats.Withdraw(c)
			a.refused(c, r)
		default:
			a.seats.Apply(c, f.batch.Version, f.receipt.At)
			mails = mails || c.Kind == eventra.Confirmed || c.Kind == eventra.Rebooked
			if c.Kind == eventra.Expired {
				a.Metrics.expiryLateness.Observe(f.receipt.At.Sub(c.Booking.Due()).Seconds())
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
	if a.now().Add(contentionPause).After(r.deadline) {
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
		a.fail(r, errStored)
	}
}

func (a *activation) notCommitted(f *flight) {
	var due []eventra.ID
	for i, c := range f.batch.Changes {
		a.seats.Withdraw(c)
		if c.Kind == eventra.Expired {
			due = append(due, c.Booking.ID)
		}
		a.fail(f.requests[i], eventra.Unavailable("postgres", f.err))
	}
	a.rearm(rearmAwayPause, due...)
}

// requeue gives up all claims, those of a flight that told nothing (nil: none)
// and those of the batch being filled, and lets their requests be decided anew.
func (a *activation) requeue(f *flight) {
	var open []*request
	if f != nil {
		for _, r := range f.requests {
			if r.tries++; r.tries < triesMax {
				open = append(open, r)
			} else {
				a.fail(r, eventra.Unavailable("postgres", f.err))
			}
		}
	}
	open = append(open, a.filling.requests...)
	a.filling = newFlight()
	open = append(open, a.parked...)
	a.parked = nil
	a.waiting = append(open, a.waiting...)
}
