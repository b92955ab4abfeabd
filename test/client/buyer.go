package client

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// Recorder receives every operation when it has ended.
type Recorder interface{ Record(Operation) }

// Buyer is a user whose operations are recorded.
type Buyer struct {
	ID       string
	Recorder Recorder      // may be nil
	Timeout  time.Duration // of a request; zero: callTimeout

	email string
	session
}

const buyersPassword = "correct horse"

// Register creates a user.
func Register(at *Target, recorder Recorder) (*Buyer, error) {
	b := &Buyer{Recorder: recorder, email: rand.Text() + "@example.org"}
	var body struct {
		User        struct{ ID string }
		AccessToken string
	}
	b.issued = time.Now()
	err := at.Expect(201, "POST", "/api/v1/auth/register", "",
		object{"email": b.email, "password": buyersPassword, "name": "Somebody"}, &body)
	b.ID, b.token = body.User.ID, body.AccessToken
	return b, err
}

// Renew logs in again if the access token is old.
func (b *Buyer) Renew(at *Target) error {
	if err := b.renew(at, b.email, buyersPassword); err != nil {
		return fmt.Errorf("renew a log-in: %w", err)
	}
	return nil
}

// NewKey returns a new Idempotency-Key.
func NewKey() string { return rand.Text() }

// Hold requests seats under an idempotency key.
func (b *Buyer) Hold(at *Target, event, key string, seats ...string) Operation {
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "seats": seats},
		Operation{Kind: Hold, Event: event, Seats: seats, Key: key})
}

// HoldBest requests the best available adjacent seats under an idempotency key.
func (b *Buyer) HoldBest(at *Target, event, key string, quantity int) Operation {
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "bestAvailable": object{"quantity": quantity}},
		Operation{Kind: Best, Event: event, Quantity: quantity, Key: key})
}

// RetryHold repeats a hold under its key.
func (b *Buyer) RetryHold(at *Target, hold Operation) Operation {
	if hold.Kind == Best {
		return b.HoldBest(at, hold.Event, hold.Key, hold.Quantity)
	}
	return b.Hold(at, hold.Event, hold.Key, hold.Seats...)
}

// Tokens of the mock gateway, by what it does with them. It accepts any other
// token; tok_slow_<ms> after a delay.
const (
	GoodToken     = "tok_ok"
	DeclinedToken = "tok_declined"
	ErrorToken    = "tok_error"
)

// Pay pays for a held booking.
func (b *Buyer) Pay(at *Target, event, booking, key string) Operation {
	return b.PayWith(at, event, booking, key, GoodToken)
}

// PayWith pays for a held booking with one of the mock gateway's tokens.
func (b *Buyer) PayWith(at *Target, event, booking, key, token string) Operation {
	return b.do(at, "POST", "/api/v1/bookings/"+booking+"/payments", object{"method": "mock", "token": token},
		Operation{Kind: Pay, Event: event, Booking: booking, Key: key, Token: token})
}

// ReadSeatMap reads the event's seat map.
func (b *Buyer) ReadSeatMap(at *Target, event string) Operation {
	return b.do(at, "GET", "/api/v1/events/"+event+"/seats", nil, Operation{Kind: Map, Event: event})
}

// Release cancels a held booking.
func (b *Buyer) Release(at *Target, event, booking string) Operation {
	return b.do(at, "DELETE", "/api/v1/bookings/"+booking, nil, Operation{Kind: Release, Event: event, Booking: booking})
}

// ReadBooking reads a booking.
func (b *Buyer) ReadBooking(at *Target, event, booking string) Operation {
	return b.do(at, "GET", "/api/v1/bookings/"+booking, nil, Operation{Kind: Read, Event: event, Booking: booking})
}

func (b *Buyer) do(at *Target, method, path string, body any, o Operation) Operation {
	timeout := b.Timeout
	if timeout == 0 {
		timeout = callTimeout
	}
	o.Buyer, o.Target, o.Start = b.ID, at.Name, time.Now()
	r, err := at.call(method, path, b.Token(), o.Key, body, timeout)
	o.End = time.Now()
	o.Took = o.End.Sub(o.Start)
	if err != nil {
		var failure *http1.Error
		o.Unsent = errors.As(err, &failure) && !failure.Sent
		o.Detail = err.Error()
	} else {
		o.Status, o.Replayed, o.Stale = r.status, r.replayed, r.stale
		o.decode(r.body)
	}
	if b.Recorder != nil {
		b.Recorder.Record(o)
	}
	return o
}

// decode reads the booking, the seat map or the problem from a response's body.
func (o *Operation) decode(body []byte) {
	if !o.Succeeded() {
		o.decodeProblem(body)
		return
	}
	var received struct {
		ID, EventID, Status string
		ExpiresAt           time.Time
		Seats               []struct{ Seat, Status string }
		Booking             *struct{ ID, EventID, Status string }
	}
	if err := json.Unmarshal(body, &received); err != nil {
		o.Detail = "the response is not as described: " + err.Error()
		return
	}
	o.State, o.Deadline, o.BookedEvent = received.Status, received.ExpiresAt, received.EventID
	if o.Kind == Map {
		o.SeatMap = map[string]string{}
		for _, seat := range received.Seats {
			if seat.Status != "AVAILABLE" {
				o.SeatMap[seat.Seat] = seat.Status
			}
		}
		return
	}
	for _, seat := range received.Seats {
		o.BookedSeats = append(o.BookedSeats, seat.Seat)
	}
	switch {
	case o.Holds():
		o.Booking = received.ID
	case received.Booking != nil: // a payment
		o.State, o.BookedEvent = received.Booking.Status, received.Booking.EventID
		if received.Booking.ID != o.Booking {
			o.Successor = received.Booking.ID
		}
	}
}

func (o *Operation) decodeProblem(body []byte) {
	var problem struct {
		Code, Detail string
		Unavailable  []string
	}
	if json.Unmarshal(body, &problem) != nil { // a balancer's, for instance
		o.Detail = fmt.Sprintf("%.200s", body)
		return
	}
	o.Code, o.Detail, o.Unavailable = problem.Code, problem.Detail, problem.Unavailable
}
