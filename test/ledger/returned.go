package ledger

import (
	"slices"

	"github.com/eventra/eventra/test/client"
)

// judgeRefunds compares the refunds that were asked for with those that are stored, and those
// with the gateway's books.
func (h *history) judgeRefunds(stored *Stored) {
	for _, a := range h.attempts {
		for _, r := range a.refunds {
			if r.outcome == denied {
				h.judgeDeniedRefund(a, r)
			}
		}
		if a.outcome == granted {
			h.judgeOrder(a, stored.Refunds[a.booking])
		}
	}
	for id, made := range stored.Refunds {
		h.judgeReturned(id, stored.Bookings[id], made)
	}
	for _, r := range h.refunds {
		found := slices.ContainsFunc(stored.Refunds[r.booking], func(made StoredRefund) bool { return made.ID == r.made.ID })
		if r.outcome == granted && !r.rest && !found {
			h.violated(WrongRefund, stored.Bookings[r.booking].Event, r.booking, "refund %s is acknowledged and not stored", r.made.ID)
		}
	}
}

// judgeReturned checks a booking's refunds, in the order in which they were decided: each item is
// released once, its price goes back once, and the gateway has returned each once.
func (h *history) judgeReturned(id string, b StoredBooking, refunds []StoredRefund) {
	var sum, returned int64
	var released, paidBack []int
	for i, r := range refunds {
		violated := func(format string, args ...any) {
			h.violated(WrongRefund, b.Event, id, "refund %d, %s of %d: "+format, append([]any{r.N, r.Status, r.Amount}, args...)...)
		}
		asked := h.askedFor(id, r)
		switch {
		case r.N != i+1:
			violated("it is number %d", i+1)
		case asked == nil:
			violated("nobody asked for it")
		case asked.Amount == client.ItemsPrice && r.Amount != b.price(r.Items, paidBack):
			violated("the price of %v is %d", r.Items, b.price(r.Items, paidBack))
		}
		if r.Status == "SUCCEEDED" && r.Returned != r.Amount || r.Status == "FAILED" && r.Returned != 0 || r.Status == "PENDING" {
			violated("the gateway has returned %d", r.Returned)
		}
		for _, item := range r.Items {
			if slices.Contains(released, item) {
				violated("item %d was released before", item)
			}
		}
		if r.Released {
			released = append(released, r.Items...)
		}
		if r.Status != "FAILED" {
			sum, paidBack = sum+r.Amount, append(paidBack, r.Items...)
		}
		returned += r.Returned
	}
	if sum > b.Total || returned > b.Total {
		h.violated(WrongRefund, b.Event, id, "refunds of %d, of which the gateway has returned %d; it costs %d", sum, returned, b.Total)
	}
}

// askedFor returns the request that a stored refund may come from, nil if there is none.
func (h *history) askedFor(booking string, made StoredRefund) *client.Refund {
	var possible *client.Refund
	for _, r := range h.refunds {
		switch {
		case r.booking != booking || r.rest:
		case r.outcome == granted && r.made.ID == made.ID:
			if r.made.Status == "PENDING" {
				r.made.Status = made.Status
			}
			if r.made.Status != made.Status || r.made.Amount != made.Amount || !slices.Equal(r.made.Items, made.Items) {
				return nil
			}
			return &r.asked
		case r.outcome == unknown && r.matches(made.Refund):
			possible = &r.asked
		}
	}
	return possible
}

// judgeOrder checks that refunds were decided in an order that their requests allow.
func (h *history) judgeOrder(a *attempt, stored []StoredRefund) {
	number := func(r *refund) int {
		return slices.IndexFunc(stored, func(made StoredRefund) bool { return made.ID == r.made.ID })
	}
	for _, first := range a.refunds {
		for _, r := range a.refunds {
			if first.outcome != granted || r.outcome != granted || r.rest || !first.end.Before(r.start) {
				continue
			}
			if first.rest || number(first) >= number(r) {
				h.violated(WrongRefund, a.event, a.booking, "%s at %s does not follow %s, which had ended", r.made.ID, clock(r.start), first.made.ID)
			}
		}
	}
}

// judgeMoney checks that customers have paid, and not got back, what is sold to them, to the cent.
func (h *history) judgeMoney(stored *Stored) {
	for id, b := range stored.Bookings {
		if stored.Cancelled[b.Event] && b.alive() {
			h.violated(WrongState, b.Event, id, "%s, but the event is cancelled", b.Status)
		}
		if possible := h.mayKeep(stored, id, b); !slices.Contains(possible, stored.Money[id]) {
			h.violated(WrongMoney, b.Event, id, "%s, the customer has paid %d, possible are %v", b.Status, stored.Money[id], possible)
		}
	}
	for id, amount := range stored.Money {
		if _, found := stored.Bookings[id]; !found {
			h.violated(WrongMoney, "", id, "the customer has paid %d for no booking", amount)
		}
	}
}

// mayKeep returns what may be left of a booking's money. Once refunds have released all of its
// items, the rest is kept, unless somebody asks for it.
func (h *history) mayKeep(stored *Stored, id string, b StoredBooking) []int64 {
	left := b.Total
	for _, r := range stored.Refunds[id] {
		if r.Status == "SUCCEEDED" {
			left -= r.Amount
		}
	}
	ended := b.Status == "REFUNDED" && len(stored.released(id)) == len(b.Seats)+b.Places
	switch {
	case b.Status == "CONFIRMED":
		return []int64{left}
	case !ended:
		return []int64{0}
	case stored.Cancelled[b.Event]:
		return []int64{left, 0}
	}
	possible := []int64{left}
	for _, r := range h.refunds {
		switch {
		case r.booking != id || !r.rest:
		case r.outcome == granted:
			return []int64{0}
		case r.outcome == unknown:
			possible = append(possible, 0)
		}
	}
	return possible
}
