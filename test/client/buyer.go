package client

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/wire"
)

// Journal receives every operation when it has ended.
type Journal interface{ Record(Operation) }

// Buyer is one user.
type Buyer struct {
	ID      string
	Journal Journal
	// Patience is how long an answer is waited for; zero: callTimeout.
	Patience time.Duration

	email  string
	mu     sync.Mutex
	token  string
	issued time.Time
}

const buyersPassword = "correct horse"

// Register makes a new user.
func Register(at *Target, journal Journal) (*Buyer, error) {
	b := &Buyer{Journal: journal, email: rand.Text() + "@example.org"}
	var session struct {
		User        struct{ ID string }
		AccessToken string
	}
	b.issued = time.Now()
	err := at.want(201, "POST", "/api/v1/auth/register", "",
		object{"email": b.email, "password": buyersPassword, "name": "Somebody"}, &session)
	b.ID, b.token = session.User.ID, session.AccessToken
	return b, err
}

// Renew logs in again if the access token is getting old.
func (b *Buyer) Renew(at *Target) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.issued) < tokenAge {
		return nil
	}
	var session struct{ AccessToken string }
	issued := time.Now()
	if err := at.want(200, "POST", "/api/v1/auth/login", "", object{"email": b.email, "password": buyersPassword}, &session); err != nil {
		return fmt.Errorf("renew a login: %w", err)
	}
	b.token, b.issued = session.AccessToken, issued
	return nil
}

// Token is the buyer's access token.
func (b *Buyer) Token() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token
}

// NewKey makes an Idempotency-Key.
func NewKey() string { return rand.Text() }

// Hold asks for seats under a key. The same key asks again for the same
// booking.
func (b *Buyer) Hold(at *Target, event, key string, seats ...string) Operation {
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "seats": seats},
		Operation{Kind: Hold, Event: event, Seats: seats, Key: key})
}

// HoldBest asks for the best seats side by side under a key.
func (b *Buyer) HoldBest(at *Target, event, key string, wanted int) Operation {
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "bestAvailable": object{"quantity": wanted}},
		Operation{Kind: Best, Event: event, Wanted: wanted, Key: key})
}

// Again asks for a hold once more, under its key.
func (b *Buyer) Again(at *Target, hold Operation) Operation {
	if hold.Kind == Best {
		return b.HoldBest(at, hold.Event, hold.Key, hold.Wanted)
	}
	return b.Hold(at, hold.Event, hold.Key, hold.Seats...)
}

// What the mock gateway makes of a token. Any other one, such as
// tok_slow_<ms>, is accepted sooner or later.
const (
	GoodToken     = "tok_ok"
	DeclinedToken = "tok_declined"
	ErrorToken    = "tok_error"
)

// Pay pays for a held booking.
func (b *Buyer) Pay(at *Target, event, booking, key string) Operation {
	return b.PayWith(at, event, booking, key, GoodToken)
}

// PayWith pays with one of the mock gateway's tokens.
func (b *Buyer) PayWith(at *Target, event, booking, key, token string) Operation {
	return b.do(at, "POST", "/api/v1/bookings/"+booking+"/payments", object{"method": "mock", "token": token},
		Operation{Kind: Pay, Event: event, Booking: booking, Key: key, Token: token})
}

// Look reads the map of all seats.
func (b *Buyer) Look(at *Target, event string) Operation {
	return b.do(at, "GET", "/api/v1/events/"+event+"/seats", nil, Operation{Kind: Map, Event: event})
}

// Release gives a held booking's seats back.
func (b *Buyer) Release(at *Target, event, booking string) Operation {
	return b.do(at, "DELETE", "/api/v1/bookings/"+booking, nil, Operation{Kind: Release, Event: event, Booking: booking})
}

// Read looks at a booking.
func (b *Buyer) Read(at *Target, event, booking string) Operation {
	return b.do(at, "GET", "/api/v1/bookings/"+booking, nil, Operation{Kind: Read, Event: event, Booking: booking})
}

func (b *Buyer) do(at *Target, method, path string, body any, o Operation) Operation {
	patience := b.Patience
	if patience == 0 {
		patience = callTimeout
	}
	o.Buyer, o.Target, o.Start = b.ID, at.Name, time.Now()
	a, err := at.call(method, path, b.Token(), o.Key, body, patience)
	o.End = time.Now()
	o.Took = o.End.Sub(o.Start)
	if err != nil {
		var failure *wire.Error
		o.Unsent = errors.As(err, &failure) && !failure.Sent
		o.Detail = err.Error()
	} else {
		o.Status, o.Replayed, o.Stale = a.status, a.replayed, a.stale
		o.read(a.raw)
	}
	if b.Journal != nil {
		b.Journal.Record(o)
	}
	return o
}

// read takes what the answer says of the booking, or of the refusal.
func (o *Operation) read(raw []byte) {
	if !o.Succeeded() {
		o.readProblem(raw)
		return
	}
	var told struct {
		ID, EventID, Status string
		ExpiresAt           time.Time
		Seats               []struct{ Seat, Status string }
		Booking             *struct{ ID, EventID, Status string }
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		o.Detail = "an answer that cannot be read: " + err.Error()
		return
	}
	o.State, o.Deadline, o.Sold = told.Status, told.ExpiresAt, told.EventID
	if o.Kind == Map {
		o.Shown = map[string]string{}
		for _, seat := range told.Seats {
			if seat.Status != "AVAILABLE" {
				o.Shown[seat.Seat] = seat.Status
			}
		}
		return
	}
	for _, seat := range told.Seats {
		o.Held = append(o.Held, seat.Seat)
	}
	switch {
	case o.Holds():
		o.Booking = told.ID
	case told.Booking != nil: // of a payment
		o.State, o.Sold = told.Booking.Status, told.Booking.EventID
		if told.Booking.ID != o.Booking {
			o.Successor = told.Booking.ID
		}
	}
}

func (o *Operation) readProblem(raw []byte) {
	var problem struct {
		Code, Detail string
		Unavailable  []string
	}
	if json.Unmarshal(raw, &problem) != nil { // a balancer's, for instance
		o.Detail = fmt.Sprintf("%.200s", raw)
		return
	}
	o.Code, o.Detail, o.Refused = problem.Code, problem.Detail, problem.Unavailable
}
