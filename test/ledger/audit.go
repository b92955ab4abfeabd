package ledger

import (
	"slices"
)

// Audit is the result of comparing the answers with the database.
type Audit struct {
	Violations []Violation
	Granted    int // acknowledged holds
	Refused    int // holds refused because seats were unavailable
	Unknown    int // holds whose outcome is unknown to the buyer
	Stored     int // unknown holds that were executed
}

// Events returns the ids of all events in the ledger.
func (l *Ledger) Events() (events []string) {
	for _, o := range l.Operations() {
		if !slices.Contains(events, o.Event) {
			events = append(events, o.Event)
		}
	}
	return events
}

// Audit checks the answers against each other and against the database. It must
// run after the load has ended: a running operation would look like a violation.
func (l *Ledger) Audit(stored *Stored) *Audit {
	h := newHistory(l.Operations())
	audit := &Audit{}
	accounted := map[string]bool{}
	for _, a := range h.attempts {
		switch a.outcome {
		case granted:
			if a.key != "" { // no late payment made it
				audit.Granted++
			}
			accounted[a.booking] = true
			if !a.paying.IsZero() { // the payment may have been late
				accounted[stored.Bookings[a.booking].ReplacedBy] = true
			}
			h.judgeStored(a, stored)
		case refused, denied:
			audit.Refused++
		case unknown:
			audit.Unknown++
			id := stored.Keys[scoped(a.buyer, a.key)]
			if booking, found := stored.Bookings[id]; found {
				audit.Stored++
				accounted[id] = true
				switch {
				case len(a.seats) == 0 && a.places == 0: // best seats, chosen by the server
					a.seats, a.items = booking.Seats, slices.Clone(booking.Seats)
				case !sameSeats(booking.Seats, a.seats):
					h.violated(WrongSeats, a.event, id, "requested %v, stored with %v", a.seats, booking.Seats)
				}
			} else {
				a.outcome = notExecuted // and justifies no refusal
			}
		}
	}
	for id, booking := range stored.Bookings {
		if !accounted[id] {
			h.violated(Phantom, booking.Event, id, "%s with %v, of buyer %s", booking.Status, booking.Seats, booking.Buyer)
		}
	}
	h.judge()
	h.judgeRows(stored)
	h.judgeCustomers(stored)
	h.judgePlaces(stored)
	h.judgeActs(stored)
	h.judgeRefunds(stored)
	h.judgeMoney(stored)
	audit.Violations = h.violations
	return audit
}

// judgeStored checks that an acknowledged booking is stored as it was
// acknowledged.
func (h *history) judgeStored(a *attempt, stored *Stored) {
	booking, found := stored.Bookings[a.booking]
	if !found {
		h.violated(LostHold, a.event, a.booking, "acknowledged at %s, not stored", clock(a.end))
		return
	}
	if booking.Event != a.event {
		h.violated(WrongEvent, a.event, a.booking, "acknowledged at %s, stored for event %s", clock(a.end), booking.Event)
	}
	if booking.Buyer != a.buyer {
		h.violated(WrongState, a.event, a.booking, "stored for buyer %s, acknowledged to %s", booking.Buyer, a.buyer)
	}
	if !sameSeats(booking.Seats, a.seats) || booking.Places != a.places {
		h.violated(WrongSeats, a.event, a.booking, "requested %v, stored with %v", a.seats, booking.Seats)
	}
	possible := a.possibleStatuses(stored)
	if slices.Contains(possible, booking.Status) {
		return
	}
	kind := WrongState
	if booking.Status == "EXPIRED" || booking.Status == "CANCELLED" {
		kind = LostHold
	}
	h.violated(kind, a.event, a.booking, "stored as %s, possible are %v", booking.Status, possible)
}

// possibleStatuses returns the statuses that a granted booking may have by now.
func (a *attempt) possibleStatuses(stored *Stored) (statuses []string) {
	late := !a.deadline.IsZero() && stored.Now.After(a.deadline)
	switch {
	case a.successor != "":
		return []string{"EXPIRED"}
	case stored.Cancelled[a.event]:
		return a.statusesOfCancelled(late)
	case a.returned():
		return []string{"REFUNDED"}
	case !a.paid.IsZero() && a.mayBeReturned():
		return []string{"CONFIRMED", "REFUNDED"}
	case !a.paid.IsZero():
		return []string{"CONFIRMED"}
	case !a.released.IsZero():
		return []string{"CANCELLED"}
	}
	statuses = []string{"HELD"}
	if !a.paying.IsZero() {
		statuses = append(statuses, "CONFIRMED")
	}
	if !a.paying.IsZero() && a.mayBeReturned() {
		statuses = append(statuses, "REFUNDED")
	}
	if !a.releasing.IsZero() {
		statuses = append(statuses, "CANCELLED")
	}
	if late {
		statuses = append(statuses, "EXPIRED")
	}
	return statuses
}

// statusesOfCancelled are those of bookings of a cancelled event, once everybody has got
// the money back.
func (a *attempt) statusesOfCancelled(late bool) (statuses []string) {
	if !a.paid.IsZero() || a.returned() {
		return []string{"REFUNDED"}
	}
	statuses = []string{"CANCELLED"}
	if !a.paying.IsZero() {
		statuses = append(statuses, "REFUNDED")
	}
	if late {
		statuses = append(statuses, "EXPIRED")
	}
	return statuses
}

// judgeRows checks stored bookings and stored seats against each other.
func (h *history) judgeRows(stored *Stored) {
	for id, booking := range stored.Bookings {
		tickets, live := len(booking.Seats)+booking.Places, 0
		if booking.alive() {
			live = tickets - len(stored.released(id))
		}
		if booking.Live != live || booking.alive() && live == 0 {
			h.violated(Inconsistent, booking.Event, id, "%s with %d of %d tickets live", booking.Status, booking.Live, tickets)
		}
		if booking.Total != booking.Sum {
			h.violated(WrongPrice, booking.Event, id, "costs %d, its items %d", booking.Total, booking.Sum)
		}
		for _, name := range booking.Seats {
			seat := stored.Taken[EventSeat{booking.Event, name}]
			wanted := map[string]string{"HELD": "HELD", "CONFIRMED": "BOOKED"}[booking.Status]
			if stored.has(id, name) && (seat.Booking != id || seat.Status != wanted) {
				h.violated(Inconsistent, booking.Event, id, "%s, but seat %s is %s by %q", booking.Status, name, seat.Status, seat.Booking)
			}
		}
	}
	for place, seat := range stored.Taken {
		if seat.Booking == "" && (seat.Status == blocked || seat.Status == removed) {
			continue
		}
		if !stored.has(seat.Booking, place.Seat) {
			booking := stored.Bookings[seat.Booking]
			h.violated(Inconsistent, place.Event, place.Seat, "%s by %q, which is %q with %v", seat.Status, seat.Booking, booking.Status, booking.Seats)
		}
	}
}
