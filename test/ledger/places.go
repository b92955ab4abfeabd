package ledger

import "github.com/eventra/eventra/test/client"

// judgeFull checks that a section may have had too few places at some moment of the request.
func (h *history) judgeFull(a *attempt, o *client.Operation) {
	capacity, most := h.of(a.event).terms.Places, 0
	for _, other := range h.attempts {
		if other == a || other.event != a.event {
			continue
		}
		if from, to := other.possiblyHeld(); overlap(from, to, a.start, a.end) {
			most += other.places
		}
	}
	if o.Available >= o.Places || o.Available < 0 || capacity-most > o.Available {
		h.violated(FalseRefusal, a.event, client.Floor, "%d places are refused between %s and %s: %d are said to be free, at least %d of %d are",
			o.Places, clock(a.start), clock(a.end), o.Available, capacity-most, capacity)
	}
}

// judgePlaces looks for moments at which more places were certainly taken than there are, and
// counts those that are stored.
func (h *history) judgePlaces(stored *Stored) {
	taken, theirs := map[string]int{}, map[string][]*attempt{}
	for _, b := range stored.Bookings {
		if b.Status == "HELD" || b.Status == "CONFIRMED" {
			taken[b.Event] += b.Places
		}
	}
	for _, a := range h.attempts {
		if a.outcome == granted && a.places > 0 {
			theirs[a.event] = append(theirs[a.event], a)
		}
	}
	for event, o := range h.events {
		if o.known && taken[event] > o.terms.Places {
			h.violated(Oversold, event, client.Floor, "%d of %d places are stored as taken", taken[event], o.terms.Places)
		}
		h.judgeFloor(event, o, theirs[event])
	}
}

func (h *history) judgeFloor(event string, o *organised, attempts []*attempt) {
	for _, a := range attempts {
		from, to := a.hadTickets()
		n := 0
		for _, other := range attempts {
			if since, until := other.hadTickets(); from.Before(to) && !since.After(from) && from.Before(until) {
				n += other.places
			}
		}
		if n > o.terms.Places {
			h.violated(Oversold, event, client.Floor, "%d of %d places were taken at %s", n, o.terms.Places, clock(from))
		}
	}
}
