package ledger

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
)

// claim is one attempt at a booking, with all operations about it: its tries
// under one key, its payments, its release.
type claim struct {
	buyer, event, key string
	seats             []string
	start, end        time.Time // of the first and the last try to hold
	outcome           outcome
	booking           string    // id, if granted
	deadline          time.Time // of the hold, if granted
	refused           []string

	paying    bool      // a payment was tried, with success perhaps
	attempted bool      // a payment was tried, whatever could come of it
	paid      bool      // a payment was acknowledged
	successor string    // what a late payment bought instead
	releasing time.Time // start of the first try to release; zero: none
	released  time.Time // end of the acknowledged release; zero: none
}

type outcome int

const (
	unknown outcome = iota // it may have been carried out
	granted
	refused  // its seats are not to be had
	rejected // certainly not carried out, for another reason
)

// forever is after everything.
var forever = time.Unix(1<<40, 0)

// surely is the time in which the claim certainly had its seats, as the buyer
// was told. It is empty unless the claim was granted.
func (c *claim) surely() (from, to time.Time) {
	switch {
	case c.outcome != granted:
		return forever, time.Time{}
	case c.paid && c.successor == "" && c.releasing.IsZero():
		return c.end, forever
	}
	to = c.deadline
	if to.IsZero() || c.paid {
		to = forever
	}
	if !c.releasing.IsZero() && c.releasing.Before(to) {
		to = c.releasing
	}
	return c.end, to
}

// possibly is the time in which the claim may have had its seats.
func (c *claim) possibly() (from, to time.Time) {
	if c.outcome == refused || c.outcome == rejected {
		return forever, time.Time{}
	}
	if !c.released.IsZero() {
		return c.start, c.released
	}
	return c.start, forever
}

// history is what the ledger makes of the operations.
type history struct {
	claims []*claim
	byKey  map[string]*claim
	byID   map[string]*claim
	reads  []client.Operation
	faults []Fault
}

func newHistory(operations []client.Operation) *history {
	h := &history{byKey: map[string]*claim{}, byID: map[string]*claim{}}
	for i := range operations {
		if operations[i].Holds() {
			h.hold(&operations[i])
		}
	}
	for i := range operations {
		o := &operations[i]
		c := h.byID[o.Booking]
		switch {
		case o.Holds(), o.Kind == client.Map:
		case c == nil:
			h.fault(WrongAnswer, o.Event, o.Booking, "%s of a booking that nobody was told of", o.Kind)
		case o.Kind == client.Pay:
			h.pay(c, o)
		case o.Kind == client.Release:
			h.release(c, o)
		case o.Kind == client.Read:
			h.reads = append(h.reads, *o)
		}
	}
	return h
}

func (h *history) fault(what Wrong, event, subject, format string, args ...any) {
	h.faults = append(h.faults, Fault{what, event, subject, fmt.Sprintf(format, args...)})
}

// scoped is the scope of a key: its buyer's.
func scoped(buyer, key string) string { return buyer + " " + key }

func (h *history) hold(o *client.Operation) {
	c := h.byKey[scoped(o.Buyer, o.Key)]
	if c == nil {
		c = &claim{buyer: o.Buyer, event: o.Event, key: o.Key, seats: o.Seats, start: o.Start, outcome: rejected}
		h.claims = append(h.claims, c)
		h.byKey[scoped(o.Buyer, o.Key)] = c
	}
	was := c.outcome
	switch {
	case !o.Certain():
		if was == rejected {
			c.outcome, c.end = unknown, o.End
		}
	case o.Succeeded():
		h.granted(c, o)
	case o.Refusal():
		if was == granted {
			h.fault(TwoOutcomes, c.event, c.booking, "key %s: granted, then refused", c.key)
			return
		}
		c.outcome, c.refused, c.end = refused, o.Refused, o.End
	case !o.Futile():
		h.fault(WrongAnswer, o.Event, subjectOf(o), "%d %s %s", o.Status, o.Code, o.Detail)
	}
}

func (h *history) granted(c *claim, o *client.Operation) {
	switch {
	case o.Booking == "":
		h.fault(WrongAnswer, o.Event, subjectOf(o), "%d without a booking: %s", o.Status, o.Detail)
		return
	case c.outcome == granted && c.booking != o.Booking:
		h.fault(TwoOutcomes, c.event, c.booking, "key %s also made %s", c.key, o.Booking)
		return
	case c.outcome == refused:
		h.fault(TwoOutcomes, c.event, o.Booking, "key %s: refused, then granted", c.key)
	case c.outcome == granted:
		return
	}
	if other := h.byID[o.Booking]; other != nil && other != c {
		h.fault(TwoOutcomes, c.event, o.Booking, "the keys %s and %s made one booking", other.key, c.key)
	}
	switch {
	case o.Kind == client.Best:
		if c.seats = o.Held; len(o.Held) != o.Wanted {
			h.fault(WrongSeats, c.event, o.Booking, "asked for the best %d, told %v", o.Wanted, o.Held)
		}
	case !sameSeats(o.Held, c.seats):
		h.fault(WrongSeats, c.event, o.Booking, "asked for %v, told %v", c.seats, o.Held)
	}
	if o.Sold != "" && o.Sold != c.event {
		h.fault(WrongEvent, c.event, o.Booking, "asked of %s at %s, told a booking for event %s", o.Target, clock(o.Start), o.Sold)
	}
	c.outcome, c.booking, c.deadline, c.end = granted, o.Booking, o.Deadline, o.End
	h.byID[o.Booking] = c
}

func (h *history) pay(c *claim, o *client.Operation) {
	mayBuy := o.Token != client.DeclinedToken && o.Token != client.ErrorToken
	if !o.Futile() {
		c.attempted = true
	}
	switch {
	case o.Succeeded() && mayBuy:
		c.paying, c.paid, c.successor = true, true, o.Successor
	case !o.Certain():
		c.paying = c.paying || mayBuy
	case o.Code == "already_paid" && c.paying, o.Code == "payment_in_progress" && c.attempted,
		o.Code == "payment_declined" && o.Token == client.DeclinedToken,
		o.Code == "hold_expired" && !c.deadline.IsZero() && o.End.After(c.deadline):
	case !o.Futile():
		h.fault(WrongAnswer, o.Event, c.booking, "payment: %d %s %s", o.Status, o.Code, o.Detail)
	}
}

func (h *history) release(c *claim, o *client.Operation) {
	if o.Futile() {
		return
	}
	if c.releasing.IsZero() {
		c.releasing = o.Start
	}
	switch {
	case o.Succeeded():
		if c.released.IsZero() {
			c.released = o.End
		}
	case !o.Certain():
	case o.Code == "not_cancellable" && (c.attempted || o.End.After(c.deadline)):
	default:
		h.fault(WrongAnswer, o.Event, c.booking, "release: %d %s %s", o.Status, o.Code, o.Detail)
	}
}
