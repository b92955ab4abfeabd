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

// Operation is one request of a buyer with its outcome.
type Operation struct {
	Kind     Kind
	Buyer    string // user id
	Event    string
	Seats    []string // requested
	Quantity int      // requested of the best seats
	Token    string   // for the payment gateway
	Key      string   // Idempotency-Key of holds and payments
	Booking  string   // of a hold: from the response
	Target   string   // name of the target that it was sent to

	Start, End time.Time
	Took       time.Duration // End - Start
	Status     int           // 0 without a response
	Unsent     bool          // certainly not executed: nothing was sent

	// The fields below are from the response.
	Code        string            // of a problem
	Detail      string            // of a problem, or an error's text
	Unavailable []string          // seats refused
	BookedSeats []string          // seats of the booking
	BookedEvent string            // event of the booking
	State       string            // status of the booking
	Deadline    time.Time         // of the hold
	Successor   string            // the booking that a late payment made
	SeatMap     map[string]string // statuses by seat, without those AVAILABLE
	Replayed    bool              // the first outcome of the key, repeated
	Stale       bool              // the seat map may be out of date
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
		return o.Status == 409 && o.Code == "seats_unavailable"
	case Best:
		return o.Status == 409 && o.Code == "not_enough_seats"
	}
	return false
}

// Failed reports whether a client would regard the outcome as an outage.
func (o *Operation) Failed() bool { return !o.Succeeded() && !o.Refusal() }
