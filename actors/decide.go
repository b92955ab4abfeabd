package actors

import (
	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// dueChangesMax bounds the holds that one batch ends. A request that comes
// meanwhile waits for that batch, and a buyer is in more of a hurry than a hold
// that nobody paid for.
const dueChangesMax = 128

// decide lets the core decide and does what the verdict says.
func (a *activation) decide(r *request) {
	d := a.seats.Decide(r.command, a.clock.at(a.Now()))
	switch d.Verdict {
	case eventra.Refuse:
		a.fail(r, d.Err)
	case eventra.Answer:
		a.answer(r, &reply{booking: d.Booking, refund: d.Refund})
	case eventra.Wait:
		a.parked = append(a.parked, r)
	case eventra.Learn:
		a.learnFirst(r, d.Missing)
	case eventra.Accept:
		a.next.filling.add(d.Change, r)
	case eventra.Ignore:
		if expire, ok := r.command.(*eventra.ExpireHold); ok {
			a.rearm(rearmPause, expire.BookingID)
		}
		a.answer(r, &reply{})
	}
}

// pump decides the waiting requests, as far as the batch being filled has room,
// and submits it if none is in flight. Afterwards requests wait only if the next
// batch is full, so that no later request is decided before them.
func (a *activation) pump() {
	if a.phase != active || a.reloadWanted {
		return
	}
	a.fill()
	if a.flush() {
		a.fill()
	}
	a.prepare()
}

// fill decides for the batch being filled. While requests wait, due holds get at
// most half of it.
func (a *activation) fill() {
	a.decideWaiting(groupcommit.BatchChangesMax / 2)
	due := a.overdue
	for len(due) > 0 && a.next.expiries() < dueChangesMax && !a.next.full() {
		a.decide(&request{command: &eventra.ExpireHold{BookingID: due[0]}})
		due = due[1:]
	}
	a.overdue = unlessEmpty(due)
	a.decideWaiting(groupcommit.BatchChangesMax)
}

// decideWaiting decides the waiting requests in their order until the batch
// being filled has so many changes.
func (a *activation) decideWaiting(changes int) {
	now := a.Now()
	for len(a.waiting) > 0 && a.next.Len() < changes {
		r := a.waiting[0]
		a.waiting[0] = nil
		a.waiting = unlessEmpty(a.waiting[1:])
		if r.replyTo.pid != nil && now.After(r.deadline) {
			a.fail(r, eventra.Unavailable("the event", nil))
		} else {
			a.decide(r)
		}
	}
}

// unlessEmpty lets go of what was in a queue that is empty by now.
func unlessEmpty[T any](queue []T) []T {
	if len(queue) == 0 {
		return nil
	}
	return queue
}

// flush submits the next batch, unless there is none or one is in flight, and
// reports whether it did. Requests that come meanwhile fill the next batch: the
// busier the event, the larger its batches.
func (a *activation) flush() bool {
	if a.inFlight != nil {
		return false
	}
	b := a.next.take()
	if b == nil {
		return false
	}
	b.EventID, b.Epoch = a.id, a.epoch
	b.Version, b.Hold, b.CustomerLimit = a.seats.Version()+1, a.seats.Terms().Hold(), a.seats.CustomerLimit()
	a.inFlight = b
	a.pool.Submit(&b.Batch, func() { a.tell(&completed{b}) })
	return true
}
