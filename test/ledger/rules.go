package ledger

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// judgePrice checks that a booking costs what its items cost, all by one pricing that was in
// force at some moment of the hold.
func (h *history) judgePrice(a *attempt, o *client.Operation) {
	event := h.of(a.event)
	if !event.known {
		return
	}
	var sum int64
	for _, item := range o.Items {
		sum += item.Amount
	}
	if sum != o.Total {
		h.violated(WrongPrice, a.event, o.Booking, "costs %d, its items %d", o.Total, sum)
	}
	if !event.terms.Priced {
		return
	}
	number := 0
	for i, item := range o.Items {
		if n := int(item.Amount - client.PriceOf(0, item.Category, item.TicketType)); i == 0 {
			number = n
		} else if n != number {
			h.violated(WrongPrice, a.event, o.Booking, "items of the pricings %d and %d", number, n)
		}
	}
	if !event.mayApply(number, a.start, o.End) {
		h.violated(WrongPrice, a.event, o.Booking, "pricing %d was not in force between %s and %s", number, clock(a.start), clock(o.End))
	}
	var types []string
	for _, item := range o.Items {
		types = append(types, item.TicketType)
	}
	wanted := o.Types
	if wanted == nil {
		wanted = slices.Repeat([]string{client.Adult}, len(o.Items))
	}
	if !sameSeats(types, wanted) || countOf(types, client.Child) > client.ChildrenMax {
		h.violated(WrongSeats, a.event, o.Booking, "requested as %v, held as %v", wanted, types)
	}
}

func countOf(types []string, wanted string) (n int) {
	for _, t := range types {
		if t == wanted {
			n++
		}
	}
	return n
}

// mayApply reports whether a pricing may have been in force at some moment of a time. The first
// one is that of the beginning. Numbers grow.
func (o *organised) mayApply(number int, from, to time.Time) bool {
	possible := number == 1
	for _, p := range o.pricings {
		if p.outcome == refused || p.outcome == notExecuted {
			continue
		}
		switch {
		case p.pricing == number:
			possible = p.start.Before(to)
			if !p.certain {
				return possible // a try without an answer may be carried out late
			}
		case p.pricing > number && p.outcome == granted && p.end.Before(from):
			return false
		}
	}
	return possible
}

// judgeDenied checks that a rule of the event forbade a hold.
func (h *history) judgeDenied(a *attempt) {
	o := a.denied
	switch o.Code {
	case "customer_limit":
		h.judgeLimited(a, o)
	case "leaves_single_seat":
		h.judgeOrphans(a, o)
	case "not_enough_places":
		h.judgeFull(a, o)
	case "ticket_type_quantity":
		if countOf(o.Types, client.Child) <= client.ChildrenMax {
			h.violated(WrongAnswer, a.event, strings.Join(o.Types, " "), "%s %s", o.Code, o.Detail)
		}
	}
}

// judgeLimited checks that a customer may have had too many tickets at some moment of the
// request.
func (h *history) judgeLimited(a *attempt, o *client.Operation) {
	limit := h.of(a.event).limit()
	most, _ := peak(possible(h.attempts, everyTicket, func(other *attempt) bool {
		return other != a && other.buyer == a.buyer && other.event == a.event
	}), a.start, a.end)
	wanted := cmp.Or(o.Quantity, len(o.Seats)+o.Places)
	if limit == 0 || o.Limit != limit || o.Had > most || o.Had+wanted <= limit {
		h.violated(FalseLimit, a.event, a.buyer, "%d more are refused between %s and %s, of at most %d: %d are said to be held, at most %d can be",
			wanted, clock(a.start), clock(a.end), o.Limit, o.Had, most)
	}
}

// limit is how many tickets a customer may have; 0: any number.
func (o *organised) limit() int { return o.terms.MaxSeatsPerCustomer }

// judgeCustomers looks for customers who certainly had more tickets at some moment than they
// may, or have as stored.
func (h *history) judgeCustomers(stored *Stored) {
	type customer struct{ event, buyer string }
	theirs, has := map[customer][]*attempt{}, map[customer]int{}
	for _, a := range h.attempts {
		if h.of(a.event).limit() > 0 {
			theirs[customer{a.event, a.buyer}] = append(theirs[customer{a.event, a.buyer}], a)
		}
	}
	for _, b := range stored.Bookings {
		has[customer{b.Event, b.Buyer}] += b.Live
	}
	for who, n := range has {
		if limit := h.of(who.event).limit(); limit > 0 && n > limit {
			h.violated(AboveLimit, who.event, who.buyer, "has %d seats, at most %d", n, limit)
		}
	}
	for who, attempts := range theirs {
		n, at := peak(certain(attempts, everyTicket), time.Time{}, forever)
		if limit := h.of(who.event).limit(); n > limit {
			h.violated(AboveLimit, who.event, who.buyer, "had %d seats at %s, at most %d", n, clock(at), limit)
		}
	}
}

// judgeOrphans checks a refusal by the orphan rule: each orphan is next to the pick, and the
// suggestions are other picks of the same size. Whether the seats were free it does not know.
func (h *history) judgeOrphans(a *attempt, o *client.Operation) {
	if h.of(a.event).terms.OrphanRule != "strict" {
		h.violated(FalseOrphan, a.event, subjectOf(o), "the event has no strict rule")
	}
	for _, orphan := range o.Orphans {
		if slices.Contains(o.Seats, orphan) || !slices.ContainsFunc(o.Seats, func(seat string) bool { return neighbours(seat, orphan) }) {
			h.violated(FalseOrphan, a.event, orphan, "not beside %v", o.Seats)
		}
	}
	if len(o.Orphans) == 0 || len(o.Suggestions) == 0 {
		h.violated(FalseOrphan, a.event, subjectOf(o), "%d orphans and %d suggestions", len(o.Orphans), len(o.Suggestions))
	}
	for _, other := range o.Suggestions {
		if len(other) != len(o.Seats) || sameSeats(other, o.Seats) {
			h.violated(FalseOrphan, a.event, subjectOf(o), "%v suggested in place of %v", other, o.Seats)
		}
	}
}

// judgeWarning checks that only events that warn do so.
func (h *history) judgeWarning(o *client.Operation) {
	if event := h.of(o.Event); len(o.Warnings) > 0 && event.known && (event.terms.OrphanRule != "warn" || o.Kind == client.Best) {
		h.violated(FalseOrphan, o.Event, o.Booking, "warnings %v", o.Warnings)
	}
}

// neighbours reports whether two seats are side by side in a row. None between them was removed.
func neighbours(a, b string) bool {
	rowA, numberA := split(a)
	rowB, numberB := split(b)
	return rowA == rowB && max(numberA-numberB, numberB-numberA) == 1
}

func split(seat string) (row string, number int) {
	at := strings.LastIndexByte(seat, '-')
	number, _ = strconv.Atoi(seat[at+1:])
	return seat[:at], number
}
