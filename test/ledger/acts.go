package ledger

import (
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
)

// organised is what an organiser did to one event.
type organised struct {
	known      bool // its terms are
	terms      client.Terms
	pricings   []*act
	cancelling time.Time // start of the first try to cancel it; zero: none
	cancelled  time.Time // end of the first one that succeeded; zero: none
}

// act is all tries of one thing that an organiser did. Blocking and removing take seats, as
// the holds of a buyer do, and giving back ends that.
type act struct {
	attempt
	kind    client.Kind
	certain bool // all tries have outcomes
	pricing int
}

func (h *history) of(event string) *organised {
	if h.events[event] == nil {
		h.events[event] = &organised{}
	}
	return h.events[event]
}

// mayBeCancelled reports whether the event may have been cancelled at a time.
func (o *organised) mayBeCancelled(at time.Time) bool {
	return !o.cancelling.IsZero() && o.cancelling.Before(at)
}

// organise records a try.
func (h *history) organise(o *client.Operation) {
	if !o.Organises() || o.NotExecuted() {
		return
	}
	event := h.of(o.Event)
	if o.Kind == client.Open {
		event.known, event.terms = true, o.Terms
		return
	}
	a := h.acts[o.Act]
	if a == nil {
		a = &act{kind: o.Kind, certain: true, pricing: o.Pricing,
			attempt: attempt{event: o.Event, key: o.Act, booking: string(o.Kind) + " " + o.Act, seats: o.Seats, start: o.Start, removes: o.Kind == client.Remove}}
		h.acts[o.Act] = a
		if o.Kind == client.Reprice {
			event.pricings = append(event.pricings, a)
		}
	}
	if o.Kind == client.Cancel && event.cancelling.IsZero() {
		event.cancelling = o.Start
	}
	if o.Kind == client.Cancel && event.cancelled.IsZero() && o.Succeeded() {
		event.cancelled = o.End
	}
	a.try(h, o)
	if o.Kind == client.Unblock {
		h.unblock(a)
	}
}

func (a *act) try(h *history, o *client.Operation) {
	a.certain = a.certain && o.Certain()
	a.end = o.End
	switch {
	case o.Succeeded():
		a.outcome = granted
	case !o.Certain():
		a.outcome = unknown
	case o.Refusal() && a.certain:
		a.outcome, a.refused = refused, o.Unavailable
	case o.Refusal():
	case o.Code == "event_locked" && h.of(o.Event).mayBeCancelled(o.End):
		if a.certain {
			a.outcome = notExecuted
		}
	default:
		h.violated(WrongAnswer, o.Event, subjectOf(o), "%s: %d %s %s", o.Kind, o.Status, o.Code, o.Detail)
	}
}

// unblock ends the blocking of the same seats. After a try without an answer, one may be
// carried out at any time.
func (h *history) unblock(a *act) {
	for _, b := range h.acts {
		if b.kind != client.Block || b.event != a.event || !slices.Equal(b.seats, a.seats) || b.start.After(a.start) ||
			!b.released.IsZero() && b.released.Before(a.start) {
			continue
		}
		if b.releasing.IsZero() {
			b.releasing = a.start
		}
		if a.outcome == granted && a.certain && b.certain {
			b.released = a.end
		}
	}
}

// offSale are the seats that the act takes, or may take, from buyers.
func (a *act) offSale() []string {
	if a.kind == client.Block || a.kind == client.Remove {
		return a.seats
	}
	return nil
}

// judgeRefusedAct checks that a seat could not be taken off sale: somebody may have had it or,
// where seats were to be removed, had it once.
func (h *history) judgeRefusedAct(seat string, a *act, attempts []*attempt) {
	if !slices.Contains(a.seats, seat) {
		h.violated(WrongAnswer, a.event, seat, "refused, but not requested: %v", a.seats)
		return
	}
	if a.kind == client.Remove {
		if !slices.ContainsFunc(attempts, func(other *attempt) bool {
			from, _ := other.possiblyHeld()
			return other != &a.attempt && from.Before(a.end)
		}) {
			h.violated(FalseRefusal, a.event, seat, "nobody has had it, but it is not removed between %s and %s", clock(a.start), clock(a.end))
		}
		return
	}
	h.judgeRefusal(seat, &a.attempt, attempts)
}

// judgeActs compares what the organiser was told with the database.
func (h *history) judgeActs(stored *Stored) {
	possible := map[EventSeat]bool{}
	for _, a := range h.acts {
		from, to := a.certainlyHeld()
		for _, name := range a.offSale() {
			seat := EventSeat{a.event, name}
			status := stored.Taken[seat].Status
			wanted := blocked
			if a.kind == client.Remove {
				wanted = removed
			}
			if from.Before(stored.Now) && stored.Now.Before(to) && status != wanted {
				h.violated(OffSale, a.event, name, "%s since %s, but stored as %q", wanted, clock(from), status)
			}
			from, to := a.possiblyHeld()
			possible[seat] = possible[seat] || from.Before(stored.Now) && stored.Now.Before(to)
		}
	}
	for seat := range stored.Taken {
		if stored.OffSale(seat.Event, seat.Seat) && !possible[seat] {
			h.violated(OffSale, seat.Event, seat.Seat, "%s, though nobody asked for that", stored.Taken[seat].Status)
		}
	}
	for _, a := range h.attempts {
		for _, name := range a.seats {
			if a.outcome == granted && stored.Taken[EventSeat{a.event, name}].Status == removed {
				h.violated(OffSale, a.event, name, "removed, but %s had it", a.booking)
			}
		}
	}
}
