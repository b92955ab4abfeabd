package actors

import (
	"time"

	"github.com/eventra/eventra"
)

const (
	// rearmPause is the time between attempts to end a hold that the store says
	// is not due yet.
	rearmPause = 5 * time.Millisecond
	// rearmAwayPause is the same while the store is away.
	rearmAwayPause = time.Second
)

// rearm sets the hold timer for the bookings that are held, to their ends
// but not before the pause is over.
func (a *activation) rearm(pause time.Duration, bookings ...eventra.ID) {
	soonest := a.Now().Add(pause)
	holds := make([]deadline, 0, len(bookings))
	for _, id := range bookings {
		b := a.seats.Live(id)
		if b == nil || b.Status != eventra.BookingHeld {
			continue
		}
		at := a.clock.local(a.seats.HoldEnds(b))
		if at.Before(soonest) {
			at = soonest
		}
		holds = append(holds, newDeadline(id, at))
	}
	if len(holds) > 0 {
		a.arm(&arm{holds: holds})
	}
}
