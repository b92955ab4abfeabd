// Package client calls Eventra's API as an administrator and as buyers. Each
// operation of a buyer is recorded with what the response says of its outcome.
package client

import (
	"time"
)

// Kind is what an operation does.
type Kind string

// The operations of a buyer.
const (
	Hold    Kind = "hold"
	Best    Kind = "best" // a hold of the best available seats
	Pay     Kind = "pay"
	Release Kind = "release"
	Read    Kind = "read" // a booking
	Map     Kind = "map"  // a seat map
)

// The operations of an organiser.
const (
	Open       Kind = "open" // an event on sale
	Block      Kind = "block"
	Unblock    Kind = "unblock"
	Remove     Kind = "remove" // seats
	Reprice    Kind = "reprice"
	Reschedule Kind = "reschedule"
	Cancel     Kind = "cancel" // the event
)

// What an administrator returns of a booking.
const (
	RefundPart Kind = "refund part" // the price of items, or an amount
	RefundRest Kind = "refund"      // all that is left, and the booking ends
)

// Operation is one request of a buyer or an organiser with its outcome.
type Operation struct {
	Kind     Kind
	Buyer    string // user id
	Event    string
	Seats    []string // requested
	Types    []string // ticket types of the seats, in the same order, or of the best ones; nil: the default one each
	Quantity int      // requested of the best seats
	Places   int      // requested of [Floor]
	Token    string   // for the payment gateway
	Key      string   // Idempotency-Key of holds and payments
	Act      string   // of an organiser: the same for all tries
	Terms    Terms    // of Open
	Pricing  int      // of Reprice: its number
	Return   Refund   // of RefundPart
	Booking  string   // of a hold: from the response
	Target   string   // name of the target that it was sent to

	Start, End time.Time
	Took       time.Duration // End - Start
	Status     int           // 0 without a response
	Unsent     bool          // certainly not executed: nothing was sent

	// The fields below are from the response.
	Code        string            // of a problem
	Detail      string            // of a problem, or an error's text
	Unavailable []string          // seats refused: taken, or unknown since they were removed
	BookedSeats []string          // seats of the booking
	BookedEvent string            // event of the booking
	Items       []Item            // of the booking
	Standing    int               // places of the booking
	Available   int               // places, of a not_enough_places
	Total       int64             // of the booking
	Warnings    []string          // with a booking
	Limit, Had  int               // of a customer_limit: what one may have, and has
	Orphans     []string          // that the pick would leave
	Suggestions [][]string        // in place of the pick
	State       string            // status of the booking
	Deadline    time.Time         // of the hold
	Successor   string            // the booking that a late payment made
	SeatMap     map[string]string // statuses by seat
	Returned    Refund            // of a RefundPart
	Refundable  int64             // of a refund_exceeds_payment
	Replayed    bool              // the first outcome of the key, repeated
	Stale       bool              // the seat map may be out of date
}

// Item is one ticket of a booking.
type Item struct {
	Seat, Category, TicketType string
	Amount                     int64
}

// Refund is money that goes back for some items of a booking, or for none.
type Refund struct {
	ID, Status string // from the response
	Items      []int  // their numbers, from 1
	All        bool   // in place of Items: those that the booking still has
	Amount     int64  // or ItemsPrice
	Released   bool   // the booking gives them up
}

// ItemsPrice stands for the price of a refund's items, in place of an amount.
const ItemsPrice int64 = -1

// Refunds reports whether the operation returns money.
func (o *Operation) Refunds() bool { return o.Kind == RefundPart || o.Kind == RefundRest }

// Organises reports whether the operation is an organiser's.
func (o *Operation) Organises() bool {
	switch o.Kind {
	case Open, Block, Unblock, Remove, Reprice, Reschedule, Cancel:
		return true
	}
	return false
}

// Holds reports whether the operation requests seats.
func (o *Operation) Holds() bool { return o.Kind == Hold || o.Kind == Best }

// Succeeded reports whether the status is 2xx.
func (o *Operation) Succeeded() bool { return o.Status >= 200 && o.Status < 300 }

// Certain reports whether the outcome is known. Without a response, and after
// 5xx, the operation may have been executed or not. The same holds while an
// earlier request of the same key is in progress.
func (o *Operation) Certain() bool {
	if o.NotExecuted() {
		return true
	}
	return o.Status != 0 && o.Status < 500 && o.Code != "idempotency_in_progress"
}

// NotExecuted reports whether the operation was certainly not executed: it was
// not sent, or the server shed it.
func (o *Operation) NotExecuted() bool { return o.Unsent || o.Code == "overloaded" }

// Refusal reports whether the seats were refused, which is normal in a sale.
func (o *Operation) Refusal() bool {
	switch o.Kind {
	case Hold:
		return o.Status == 409 && o.Code == "seats_unavailable" || o.Status == 422 && o.Code == "unknown_seats"
	case Block, Remove:
		return o.Status == 409 && o.Code == "seats_unavailable"
	case Best:
		return o.Status == 409 && o.Code == "not_enough_seats"
	}
	return false
}

// Denied reports whether a rule of the event forbids the hold, whatever seats are free.
func (o *Operation) Denied() bool {
	return o.Holds() && (o.Code == "customer_limit" || o.Code == "leaves_single_seat" || o.Code == "ticket_type_quantity" || o.Code == "not_enough_places")
}

// Failed reports whether a client would regard the outcome as an outage.
func (o *Operation) Failed() bool { return !o.Succeeded() && !o.Refusal() && !o.Denied() }
