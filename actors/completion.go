package actors

import (
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// contentionPause is the time between attempts at seats that another booking
// has locked.
const contentionPause = 25 * time.Millisecond

// complete takes the outcome of the batch that was in flight, and lets the next
// one go.
func (a *activation) complete(b *batch) {
	a.inFlight = nil
	b.trace()
	a.outcome(b)
	switch {
	case a.phase == retired:
		a.requeue(nil)
		a.redirectWaiting()
	case a.phase == moving:
		a.retire()
	case a.reloadWanted:
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

// outcome answers the requests of a batch, or queues them again.
func (a *activation) outcome(b *batch) {
	switch {
	case b.Err == nil:
		a.committed(b)
	case a.phase >= moving:
		a.requeue(b) // the next owner knows
	case errors.Is(b.Err, eventra.ErrStaleEpoch):
		a.Log.Info("another activation took over", "eventId", a.id, "epoch", a.epoch)
		a.requeue(b)
		a.retire()
	case errors.Is(b.Err, eventra.ErrDiverged) || errors.Is(b.Err, eventra.ErrOutcomeUnknown):
		a.Log.Warn("reloading after a batch", "eventId", a.id, "changes", b.Len(), "error", b.Err)
		a.requeue(b)
		a.reloadWanted = true
	default:
		a.Log.Warn("batch not committed", "eventId", a.id, "changes", b.Len(), "error", b.Err)
		a.notCommitted(b)
	}
}

func (a *activation) committed(b *batch) {
	mails := false
	held := make([]eventra.ID, 0, b.Len())
	a.stats.committed(b.Len())
	if !b.Sent.IsZero() {
		a.clock.observe(b.Receipt.At, b.Sent, b.Received)
	}
	for i, c := range b.Changes {
		r := b.requests[i]
		switch {
		case b.Contended(i):
			a.Metrics.contended.Inc()
			a.seats.Withdraw(c)
			a.retryContended(r)
		case b.Refused(i):
			a.seats.Withdraw(c)
			a.refusedByStore(c, r)
		default:
			if c.Kind.TakesSeats() {
				c.Booking.Reference = b.Reference(i)
			}
			a.seats.Apply(c, b.Version, b.Receipt.At)
			mails = mails || c.Kind == eventra.Confirmed || c.Kind == eventra.Rebooked
			if c.Kind == eventra.Expired {
				a.Metrics.expiryLateness.Observe(b.Receipt.At.Sub(c.Booking.Due()).Seconds())
				a.Log.Info("hold expired", "eventId", a.id, "bookingId", c.Booking.ID)
			}
			if c.Booking != nil && c.Booking.Status == eventra.BookingHeld {
				held = append(held, c.Booking.ID)
			}
			a.answer(r, &reply{booking: c.Booking, payment: c.Payment, blocking: c.Blocking, refund: c.Refund})
		}
	}
	a.stats.count(a.seats)
	a.rearm(rearmPause, held...)
	if mails {
		a.mailsDue()
	}
}

// retryContended decides a request that met another booking's lock again a
// little later.
func (a *activation) retryContended(r *request) {
	if a.Now().Add(contentionPause).After(r.deadline) {
		a.fail(r, eventra.Unavailable("the seat lock", nil))
		return
	}
	a.parked = append(a.parked, r)
	if !a.retryPending {
		a.retryPending = true
		a.tellAfter(contentionPause, &retry{})
	}
}

// refusedByStore answers a request whose change the store's guard refused.
func (a *activation) refusedByStore(c *eventra.Change, r *request) {
	if c.Kind != eventra.Expired {
		a.fail(r, eventra.ErrRefusedByStore)
		return
	}
	a.rearm(rearmPause, c.Booking.ID)
	a.answer(r, &reply{})
}

func (a *activation) notCommitted(b *batch) {
	var due []eventra.ID
	for i, c := range b.Changes {
		a.seats.Withdraw(c)
		if _, expire := b.requests[i].command.(*eventra.ExpireHold); expire {
			due = append(due, c.Booking.ID)
		}
		a.fail(b.requests[i], eventra.Unavailable("postgres", b.Err))
	}
	a.rearm(rearmAwayPause, due...)
}
