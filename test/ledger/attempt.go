package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
)

// attempt is one attempt at a booking: the holds under one key, and all later
// operations on the booking.
type attempt struct {
	buyer, event, key string
	seats             []string
	start, end        time.Time // of the first and the last hold
	outcome           outcome
	booking           string    // id, if granted
	deadline          time.Time // of the hold, if granted
	refused           []string  // seats
	places            int       // without numbers
	items             []string  // its seats by the numbers of its items; a place has no name
	unknown           bool      // refused because there are no such seats
	removes           bool      // it is not a hold, but the removal of the seats
	denied            *client.Operation

	granting  *client.Operation // the answer with its items, if granted
	paying    time.Time         // start of the first payment that may have succeeded; zero: none
	attempted bool              // any payment was sent
	paid      time.Time         // end of the first payment that was acknowledged; zero: none
	successor string            // the booking that a late payment made
	refunds   []*refund
	releasing time.Time // start of the first release; zero: none
	released  time.Time // end of the acknowledged release; zero: none
	over      time.Time // end of the payment that made the successor
	cancelled time.Time // start of the first try to cancel the event; zero: none
}

type outcome int

const (
	unknown outcome = iota // the hold may have been executed
	granted
	refused     // the seats were unavailable
	denied      // by a rule of the event
	notExecuted // for another reason
)

// forever is later than every operation.
var forever = time.Unix(1<<40, 0)

// certainlyHeld returns the interval in which the attempt certainly had its seats, but for
// refunds, going by the answers. It is empty unless the attempt was granted.
func (a *attempt) certainlyHeld() (from, to time.Time) {
	switch {
	case a.outcome != granted:
		return forever, time.Time{}
	case !a.paid.IsZero(), a.deadline.IsZero():
		to = forever
	default:
		to = a.deadline
	}
	if !a.cancelled.IsZero() && a.cancelled.Before(to) {
		to = a.cancelled
	}
	if !a.releasing.IsZero() && a.releasing.Before(to) {
		to = a.releasing
	}
	return a.end, to
}

// possiblyHeld returns the interval in which the attempt may have had its seats, but for refunds.
func (a *attempt) possiblyHeld() (from, to time.Time) {
	if a.outcome == refused || a.outcome == denied || a.outcome == notExecuted {
		return forever, time.Time{}
	}
	switch {
	case a.successor != "":
		return a.start, a.over
	case !a.released.IsZero():
		return a.start, a.released
	}
	return a.start, forever
}

// history is the recorded operations, by attempt.
type history struct {
	attempts   []*attempt
	byKey      map[string]*attempt
	byID       map[string]*attempt
	reads      []client.Operation
	events     map[string]*organised
	acts       map[string]*act // by their names
	refunds    map[string]*refund
	violations []Violation
}

func newHistory(operations []client.Operation) *history {
	h := &history{byKey: map[string]*attempt{}, byID: map[string]*attempt{}, events: map[string]*organised{}, acts: map[string]*act{}, refunds: map[string]*refund{}}
	for i := range operations {
		h.organise(&operations[i])
	}
	for i := range operations {
		if operations[i].Holds() {
			h.hold(&operations[i])
		}
	}
	for i := range operations {
		o := &operations[i]
		a := h.byID[o.Booking]
		switch {
		case o.Holds(), o.Kind == client.Map, o.Organises():
		case a == nil:
			h.violated(WrongAnswer, o.Event, o.Booking, "%s of a booking that no hold returned", o.Kind)
		case o.Kind == client.Pay:
			h.pay(a, o)
		case o.Kind == client.Release:
			h.release(a, o)
		case o.Refunds():
			h.refund(a, o)
		case o.Kind == client.Read:
			h.reads = append(h.reads, *o)
		}
	}
	return h
}

func (h *history) violated(kind ViolationKind, event, subject, format string, args ...any) {
	h.violations = append(h.violations, Violation{kind, event, subject, fmt.Sprintf(format, args...)})
}

// scoped qualifies a key with its scope, the buyer.
func scoped(buyer, key string) string { return buyer + " " + key }

func (h *history) hold(o *client.Operation) {
	a := h.byKey[scoped(o.Buyer, o.Key)]
	if a == nil {
		a = &attempt{buyer: o.Buyer, event: o.Event, key: o.Key, seats: o.Seats, places: o.Places, start: o.Start, outcome: notExecuted, cancelled: h.of(o.Event).cancelling}
		a.items = append(make([]string, a.places), a.seats...)
		h.attempts = append(h.attempts, a)
		h.byKey[scoped(o.Buyer, o.Key)] = a
	}
	was := a.outcome
	switch {
	case !o.Certain():
		if was == notExecuted {
			a.outcome, a.end = unknown, o.End
		}
	case o.Succeeded():
		h.granted(a, o)
	case o.Refusal():
		if was == granted {
			h.violated(TwoOutcomes, a.event, a.booking, "key %s: granted, then refused", a.key)
			return
		}
		a.outcome, a.refused, a.unknown, a.end = refused, o.Unavailable, o.Code == "unknown_seats", o.End
	case o.Denied() && was == granted:
		h.violated(TwoOutcomes, a.event, a.booking, "key %s: granted, then %s", a.key, o.Code)
	case o.Denied():
		a.outcome, a.denied, a.end = denied, o, o.End
	case o.Code == "sale_closed" && h.of(o.Event).mayBeCancelled(o.End):
	case !o.NotExecuted():
		h.violated(WrongAnswer, o.Event, subjectOf(o), "%d %s %s", o.Status, o.Code, o.Detail)
	}
}

func (h *history) granted(a *attempt, o *client.Operation) {
	switch {
	case o.Booking == "":
		h.violated(WrongAnswer, o.Event, subjectOf(o), "%d without a booking: %s", o.Status, o.Detail)
		return
	case a.outcome == granted && a.booking != o.Booking:
		h.violated(TwoOutcomes, a.event, a.booking, "key %s also made %s", a.key, o.Booking)
		return
	case a.outcome == refused:
		h.violated(TwoOutcomes, a.event, o.Booking, "key %s: refused, then granted", a.key)
	case a.outcome == granted:
		return
	}
	if other := h.byID[o.Booking]; other != nil && other != a {
		h.violated(TwoOutcomes, a.event, o.Booking, "the keys %s and %s made one booking", other.key, a.key)
	}
	switch {
	case o.Kind == client.Best:
		a.items = slices.Clone(o.BookedSeats)
		if a.seats = o.BookedSeats; len(o.BookedSeats) != o.Quantity {
			h.violated(WrongSeats, a.event, o.Booking, "requested the best %d, answer has %v", o.Quantity, o.BookedSeats)
		}
	case !sameSeats(o.BookedSeats, a.seats):
		h.violated(WrongSeats, a.event, o.Booking, "requested %v, answer has %v", a.seats, o.BookedSeats)
	}
	if o.Standing != a.places {
		h.violated(WrongSeats, a.event, o.Booking, "requested %d places, answer has %d", a.places, o.Standing)
	}
	if o.BookedEvent != "" && o.BookedEvent != a.event {
		h.violated(WrongEvent, a.event, o.Booking, "requested at %s at %s, answer has event %s", o.Target, clock(o.Start), o.BookedEvent)
	}
	for i := range min(len(o.Items), len(a.items)) {
		a.items[i] = o.Items[i].Seat
	}
	a.outcome, a.booking, a.deadline, a.end, a.granting = granted, o.Booking, o.Deadline, o.End, o
	if event := h.of(a.event); !event.cancelled.IsZero() && a.start.After(event.cancelled) {
		h.violated(WrongState, a.event, o.Booking, "held at %s, but the event is cancelled since %s", clock(a.end), clock(event.cancelled))
	}
	h.judgePrice(a, o)
	h.judgeWarning(o)
	h.byID[o.Booking] = a
}

func (h *history) pay(a *attempt, o *client.Operation) {
	mayBuy := o.Token != client.DeclinedToken && o.Token != client.ErrorToken
	if !o.NotExecuted() {
		a.attempted = true
		if mayBuy && a.paying.IsZero() && (o.Succeeded() || !o.Certain()) {
			a.paying = o.Start
		}
	}
	switch {
	case o.Succeeded() && mayBuy && o.Successor != "":
		h.succeed(a, o)
	case o.Succeeded() && mayBuy:
		if a.paid.IsZero() {
			a.paid = o.End
		}
	case !o.Certain():
	case o.Code == "already_paid" && !a.paying.IsZero(), o.Code == "payment_in_progress" && a.attempted,
		o.Code == "payment_declined" && o.Token == client.DeclinedToken,
		o.Code == "hold_expired" && !a.deadline.IsZero() && o.End.After(a.deadline),
		(o.Code == "sale_closed" || o.Code == "hold_expired") && h.of(o.Event).mayBeCancelled(o.End):
	case !o.NotExecuted():
		h.violated(WrongAnswer, o.Event, a.booking, "payment: %d %s %s", o.Status, o.Code, o.Detail)
	}
}

// succeed adds the booking that a late payment made.
func (h *history) succeed(a *attempt, o *client.Operation) {
	if a.successor != "" {
		return
	}
	a.successor, a.over = o.Successor, o.End
	next := &attempt{buyer: a.buyer, event: a.event, seats: a.seats, places: a.places, items: a.items, start: a.paying, end: o.End, outcome: granted,
		booking: o.Successor, granting: a.granting, paying: a.paying, attempted: true, paid: o.End, cancelled: a.cancelled}
	h.attempts = append(h.attempts, next)
	h.byID[o.Successor] = next
}

func (h *history) release(a *attempt, o *client.Operation) {
	if o.NotExecuted() {
		return
	}
	if a.releasing.IsZero() {
		a.releasing = o.Start
	}
	switch {
	case o.Succeeded():
		if a.released.IsZero() {
			a.released = o.End
		}
	case !o.Certain():
	case o.Code == "not_cancellable" && (a.attempted || o.End.After(a.deadline) || h.of(o.Event).mayBeCancelled(o.End)):
	default:
		h.violated(WrongAnswer, o.Event, a.booking, "release: %d %s %s", o.Status, o.Code, o.Detail)
	}
}
