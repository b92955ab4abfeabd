package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// judge checks the answers against each other, seat by seat, without the
// database.
func (h *history) judge() {
	type seat struct{ event, name string }
	bySeat := map[seat][]*attempt{}
	for _, a := range h.attempts {
		for _, name := range a.seats {
			key := seat{a.event, name}
			bySeat[key] = append(bySeat[key], a)
		}
	}
	for _, a := range h.acts {
		for _, name := range a.offSale() {
			key := seat{a.event, name}
			bySeat[key] = append(bySeat[key], &a.attempt)
		}
	}
	for key, attempts := range bySeat {
		h.judgeGrants(key.name, attempts)
	}
	for _, a := range h.attempts {
		if a.outcome != refused {
			continue
		}
		if len(a.refused) == 0 && len(a.seats) > 0 { // a refusal of best seats names none
			h.violated(WrongAnswer, a.event, strings.Join(a.seats, " "), "refused without naming a seat")
		}
		for _, name := range a.refused {
			if !slices.Contains(a.seats, name) {
				h.violated(WrongAnswer, a.event, name, "refused, but not requested: %v", a.seats)
				continue
			}
			h.judgeRefusal(name, a, bySeat[seat{a.event, name}])
		}
	}
	for _, a := range h.acts {
		for _, name := range a.refused {
			h.judgeRefusedAct(name, a, bySeat[seat{a.event, name}])
		}
	}
	for _, a := range h.attempts {
		if a.outcome == denied {
			h.judgeDenied(a)
		}
	}
	h.judgeReads()
}

// judgeGrants finds attempts that cannot both have had a seat.
func (h *history) judgeGrants(seat string, attempts []*attempt) {
	var held []*attempt
	for _, a := range attempts {
		if a.outcome == granted {
			held = append(held, a)
		}
	}
	slices.SortFunc(held, func(a, b *attempt) int { return a.end.Compare(b.end) })
	for i, a := range held {
		from, to := a.certainlyHad(a.number(seat))
		for _, other := range held[i+1:] {
			// The other hold took effect between its request and its answer.
			if other.start.After(from) && other.end.Before(to) {
				h.violated(DoubleBooking, a.event, seat, "held by %s since %s, and by %s since %s", a.booking, clock(a.end), other.booking, clock(other.end))
				continue
			}
			if otherFrom, otherTo := other.certainlyHad(other.number(seat)); overlap(from, to, otherFrom, otherTo) {
				h.violated(DoubleBooking, a.event, seat, "%s and %s both hold it at %s", a.booking, other.booking, clock(otherFrom))
			}
		}
	}
}

// judgeRefusal checks that another attempt may have had the seat at some moment
// of the request.
func (h *history) judgeRefusal(seat string, a *attempt, attempts []*attempt) {
	before := false
	for _, other := range attempts {
		if other == a || a.unknown && !other.removes {
			continue
		}
		from, to := other.possiblyHad(other.number(seat))
		if overlap(from, to, a.start, a.end) {
			return
		}
		before = before || from.Before(a.start)
	}
	kind := FalseRefusal
	if before {
		kind = StaleRefusal
	}
	h.violated(kind, a.event, seat, "refused between %s and %s", clock(a.start), clock(a.end))
}

// judgeReads checks the statuses of bookings that were read.
func (h *history) judgeReads() {
	for i := range h.reads {
		o := &h.reads[i]
		a := h.byID[o.Booking]
		from, to := a.certainlyLive()
		certain := from.Before(o.Start) && o.End.Before(to)
		switch {
		case !o.Certain():
		case o.Succeeded() && certain && o.State != "HELD" && o.State != "CONFIRMED":
			h.violated(WrongState, o.Event, o.Booking, "read as %s while it was held", o.State)
		case !o.Succeeded() && !o.NotExecuted():
			kind := WrongAnswer
			if o.Status == 404 {
				kind = LostHold
			}
			h.violated(kind, o.Event, o.Booking, "read: %d %s %s", o.Status, o.Code, o.Detail)
		}
	}
}

func overlap(from, to, otherFrom, otherTo time.Time) bool {
	return from.Before(otherTo) && otherFrom.Before(to) && from.Before(to) && otherFrom.Before(otherTo)
}

func subjectOf(o *client.Operation) string {
	if o.Booking != "" {
		return o.Booking
	}
	return strings.Join(o.Seats, " ")
}

func sameSeats(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }
