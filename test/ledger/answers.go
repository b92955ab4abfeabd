package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// WrongAnswers judges answers by each other: what was told is checked seat by
// seat against all that may have happened meanwhile. Nothing is asked of the
// database.
func (l *Ledger) WrongAnswers() []Fault {
	h := newHistory(l.Operations())
	h.judge()
	return h.faults
}

func (h *history) judge() {
	type seat struct{ event, name string }
	bySeat := map[seat][]*claim{}
	for _, c := range h.claims {
		for _, name := range c.seats {
			key := seat{c.event, name}
			bySeat[key] = append(bySeat[key], c)
		}
	}
	for key, claims := range bySeat {
		h.judgeGrants(key.name, claims)
	}
	for _, c := range h.claims {
		if c.outcome != refused {
			continue
		}
		if len(c.refused) == 0 && len(c.seats) > 0 { // the best ones have no names
			h.fault(WrongAnswer, c.event, strings.Join(c.seats, " "), "refused without naming a seat")
		}
		for _, name := range c.refused {
			if !slices.Contains(c.seats, name) {
				h.fault(WrongAnswer, c.event, name, "refused, but not asked for: %v", c.seats)
				continue
			}
			h.judgeRefusal(name, c, bySeat[seat{c.event, name}])
		}
	}
	h.judgeReads()
}

// judgeGrants finds promises of one seat that exclude each other.
func (h *history) judgeGrants(seat string, claims []*claim) {
	var held []*claim
	for _, c := range claims {
		if c.outcome == granted {
			held = append(held, c)
		}
	}
	slices.SortFunc(held, func(a, b *claim) int { return a.end.Compare(b.end) })
	for i, c := range held {
		from, to := c.surely()
		for _, other := range held[i+1:] {
			// Whoever was told later cannot have got it before he asked, nor
			// after he was told.
			if other.start.After(from) && other.end.Before(to) {
				h.fault(DoubleBooking, c.event, seat, "%s told held at %s, and %s at %s", c.booking, clock(c.end), other.booking, clock(other.end))
				continue
			}
			if otherFrom, otherTo := other.surely(); overlap(from, to, otherFrom, otherTo) {
				h.fault(DoubleBooking, c.event, seat, "%s and %s both have it at %s", c.booking, other.booking, clock(otherFrom))
			}
		}
	}
}

// judgeRefusal asks whether anybody else can have had the seat at any moment
// of the request.
func (h *history) judgeRefusal(seat string, c *claim, claims []*claim) {
	before := false
	for _, other := range claims {
		if other == c {
			continue
		}
		from, to := other.possibly()
		if overlap(from, to, c.start, c.end) {
			return
		}
		before = before || from.Before(c.start)
	}
	what := FalseRefusal
	if before {
		what = StaleRefusal
	}
	h.fault(what, c.event, seat, "refused between %s and %s", clock(c.start), clock(c.end))
}

func (h *history) judgeReads() {
	for i := range h.reads {
		o := &h.reads[i]
		c := h.byID[o.Booking]
		from, to := c.surely()
		certain := from.Before(o.Start) && o.End.Before(to)
		switch {
		case !o.Certain():
		case o.Succeeded() && certain && o.State != "HELD" && o.State != "CONFIRMED":
			h.fault(WrongState, o.Event, o.Booking, "read as %s while it was held", o.State)
		case !o.Succeeded() && !o.Futile():
			what := WrongAnswer
			if o.Status == 404 {
				what = LostHold
			}
			h.fault(what, o.Event, o.Booking, "read: %d %s %s", o.Status, o.Code, o.Detail)
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
