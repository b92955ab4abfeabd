package ledger

import (
	"time"

	"github.com/eventra/eventra/test/client"
)

// judgeFull checks that a section may have had too few places at some moment of the request.
func (h *history) judgeFull(a *attempt, o *client.Operation) {
	capacity := h.of(a.event).terms.Places
	most, _ := peak(possible(h.attempts, placesAlone, func(other *attempt) bool { return other != a && other.event == a.event }), a.start, a.end)
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
		taken[b.Event] += b.LivePlaces
	}
	for _, a := range h.attempts {
		if a.places > 0 {
			theirs[a.event] = append(theirs[a.event], a)
		}
	}
	for event, o := range h.events {
		if o.known && taken[event] > o.terms.Places {
			h.violated(Oversold, event, client.Floor, "%d of %d places are stored as taken", taken[event], o.terms.Places)
		}
		if n, at := peak(certain(theirs[event], placesAlone), time.Time{}, forever); n > o.terms.Places {
			h.violated(Oversold, event, client.Floor, "%d of %d places were taken at %s", n, o.terms.Places, clock(at))
		}
	}
}
