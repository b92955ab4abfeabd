package ledger

import (
	"slices"
)

// Audit is the comparison of what was told with what is stored.
type Audit struct {
	Faults  []Fault
	Granted int // bookings that buyers were told of
	Refused int // requests for seats that were not to be had
	Unknown int // holds whose outcome nobody was told
	Stored  int // of these, those that had been carried out
}

// Events returns the ids of all events that the ledger knows of.
func (l *Ledger) Events() (events []string) {
	for _, o := range l.Operations() {
		if !slices.Contains(events, o.Event) {
			events = append(events, o.Event)
		}
	}
	return events
}

// Audit judges answers by each other and by the database. It is meant for the
// time after the load: what is still under way would look like a fault.
func (l *Ledger) Audit(stored *Stored) *Audit {
	h := newHistory(l.Operations())
	audit := &Audit{}
	accounted := map[string]bool{}
	for _, c := range h.claims {
		switch c.outcome {
		case granted:
			audit.Granted++
			accounted[c.booking] = true
			if c.paying { // whether or not the buyer was told of it
				accounted[stored.Bookings[c.booking].ReplacedBy] = true
			}
			h.promised(c, stored)
		case refused:
			audit.Refused++
		case unknown:
			audit.Unknown++
			id := stored.Keys[scoped(c.buyer, c.key)]
			if booking, found := stored.Bookings[id]; found {
				audit.Stored++
				accounted[id] = true
				switch {
				case len(c.seats) == 0: // the best ones
					c.seats = booking.Seats
				case !sameSeats(booking.Seats, c.seats):
					h.fault(WrongSeats, c.event, id, "asked for %v, stored with %v", c.seats, booking.Seats)
				}
			} else {
				c.outcome = rejected // so no refusal may rest on it
			}
		}
	}
	for id, booking := range stored.Bookings {
		if !accounted[id] {
			h.fault(Phantom, booking.Event, id, "%s with %v, of buyer %s", booking.Status, booking.Seats, booking.Buyer)
		}
	}
	h.judge()
	h.consistent(stored)
	audit.Faults = h.faults
	return audit
}

// promised checks that one acknowledged booking is as its buyer was told.
func (h *history) promised(c *claim, stored *Stored) {
	booking, found := stored.Bookings[c.booking]
	if !found {
		h.fault(LostHold, c.event, c.booking, "told at %s, not stored", clock(c.end))
		return
	}
	if booking.Event != c.event {
		h.fault(WrongEvent, c.event, c.booking, "told at %s, stored for event %s", clock(c.end), booking.Event)
	}
	if booking.Buyer != c.buyer {
		h.fault(WrongState, c.event, c.booking, "stored for buyer %s, told to %s", booking.Buyer, c.buyer)
	}
	if !sameSeats(booking.Seats, c.seats) {
		h.fault(WrongSeats, c.event, c.booking, "asked for %v, stored with %v", c.seats, booking.Seats)
	}
	may := c.mayBe(stored)
	if slices.Contains(may, booking.Status) {
		return
	}
	what := WrongState
	if booking.Status == "EXPIRED" || booking.Status == "CANCELLED" {
		what = LostHold
	}
	h.fault(what, c.event, c.booking, "stored as %s, may be %v", booking.Status, may)
}

// mayBe tells the statuses that a granted booking may have come to.
func (c *claim) mayBe(stored *Stored) (statuses []string) {
	late := !c.deadline.IsZero() && stored.Now.After(c.deadline)
	switch {
	case c.successor != "":
		return []string{"EXPIRED"}
	case c.paid:
		return []string{"CONFIRMED"}
	case !c.released.IsZero():
		return []string{"CANCELLED"}
	}
	statuses = []string{"HELD"}
	if c.paying {
		statuses = append(statuses, "CONFIRMED")
	}
	if !c.releasing.IsZero() {
		statuses = append(statuses, "CANCELLED")
	}
	if late {
		statuses = append(statuses, "EXPIRED")
	}
	return statuses
}

// consistent checks stored bookings and stored seats against each other.
func (h *history) consistent(stored *Stored) {
	for id, booking := range stored.Bookings {
		live := booking.Status == "HELD" || booking.Status == "CONFIRMED"
		if live != (booking.Live == len(booking.Seats)) || (!live && booking.Live > 0) {
			h.fault(Inconsistent, booking.Event, id, "%s with %d of %d seats live", booking.Status, booking.Live, len(booking.Seats))
		}
		if !live {
			continue
		}
		for _, name := range booking.Seats {
			seat := stored.Taken[Place{booking.Event, name}]
			wanted := map[string]string{"HELD": "HELD", "CONFIRMED": "BOOKED"}[booking.Status]
			if seat.Booking != id || seat.Status != wanted {
				h.fault(Inconsistent, booking.Event, id, "%s, but seat %s is %s by %q", booking.Status, name, seat.Status, seat.Booking)
			}
		}
	}
	for place, seat := range stored.Taken {
		booking, found := stored.Bookings[seat.Booking]
		if !found || (booking.Status != "HELD" && booking.Status != "CONFIRMED") || !slices.Contains(booking.Seats, place.Seat) {
			h.fault(Inconsistent, place.Event, place.Seat, "%s by %q, which is %q with %v", seat.Status, seat.Booking, booking.Status, booking.Seats)
		}
	}
}
