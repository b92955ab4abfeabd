// Package client is Eventra's API as those see it who use it: an administrator
// who sets up sales, and buyers, each of whose operations is recorded with
// what is known of its outcome.
package client

import (
	"time"
)

// Kind is what an operation does.
type Kind string

// The operations of a buyer.
const (
	Hold    Kind = "hold"
	Best    Kind = "best" // a hold of the best seats there are
	Pay     Kind = "pay"
	Release Kind = "release"
	Read    Kind = "read" // of one booking
	Map     Kind = "map"  // of all seats
)

// Operation is one request of a buyer, and what came of it.
type Operation struct {
	Kind    Kind
	Buyer   string // user id
	Event   string
	Seats   []string // asked for
	Wanted  int      // how many of the best
	Token   string   // paid with
	Key     string   // Idempotency-Key, of holds and payments
	Booking string   // asked about; of a hold: as answered
	Target  string   // whom it was sent to

	Start, End time.Time
	Status     int               // 0 without an answer
	Code       string            // of a refusal
	Refused    []string          // seats that are not to be had
	Held       []string          // seats as answered
	Shown      map[string]string // seats that are not AVAILABLE, as answered by a map
	Sold       string            // the event that the answered booking is for
	State      string            // of the booking as answered
	Successor  string            // the booking that a late payment bought instead
	Deadline   time.Time         // of the hold as answered
	Took       time.Duration     // End - Start
	Replayed   bool              // the first outcome of the same key
	Stale      bool              // a map of what was known last, which may be old
	Detail     string            // what was said, for people
	Unsent     bool              // certainly not carried out: nothing was sent
}

// Holds reports whether the operation asks for seats.
func (o *Operation) Holds() bool { return o.Kind == Hold || o.Kind == Best }

// Succeeded reports whether the operation was acknowledged.
func (o *Operation) Succeeded() bool { return o.Status >= 200 && o.Status < 300 }

// Certain reports whether the answer tells the outcome. Without an answer, and
// after 5xx, what was asked may have happened or not; a first try of the same
// key that still runs leaves it open too.
func (o *Operation) Certain() bool {
	if o.Futile() {
		return true
	}
	return o.Status != 0 && o.Status < 500 && o.Code != "idempotency_in_progress"
}

// Futile reports whether the operation was certainly not carried out: it was
// not sent, or refused before anything was decided.
func (o *Operation) Futile() bool { return o.Unsent || o.Code == "overloaded" }

// Refusal reports whether seats were refused, which in a sale is no fault.
func (o *Operation) Refusal() bool {
	switch o.Kind {
	case Hold:
		return o.Status == 409 && o.Code == "seats_unavailable"
	case Best:
		return o.Status == 409 && o.Code == "not_enough_seats"
	}
	return false
}

// Failed reports whether a client would call it an outage.
func (o *Operation) Failed() bool { return !o.Succeeded() && !o.Refusal() }
