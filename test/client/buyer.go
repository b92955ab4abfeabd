package client

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"time"
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

// HoldTypes holds seats, each with a ticket type, under an idempotency key.
func (b *Buyer) HoldTypes(at *Target, event, key string, seats, types []string) Operation {
	items := make([]object, len(seats))
	for i := range seats {
		items[i] = object{"seat": seats[i], "ticketType": types[i]}
	}
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "items": items},
		Operation{Kind: Hold, Event: event, Seats: seats, Types: types, Key: key})
}

// HoldBestTypes holds the best adjacent seats for tickets of these types, under an idempotency key.
func (b *Buyer) HoldBestTypes(at *Target, event, key string, types []string) Operation {
	counts := map[string]int{}
	for _, t := range types {
		counts[t]++
	}
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "bestAvailable": object{"ticketTypes": counts}},
		Operation{Kind: Best, Event: event, Types: types, Quantity: len(types), Key: key})
}

// HoldMixed holds places of [Floor] together with seats, of which there may be none, under an
// idempotency key.
func (b *Buyer) HoldMixed(at *Target, event, key string, places int, seats ...string) Operation {
	items := []object{{"section": Floor, "quantity": places}}
	for _, seat := range seats {
		items = append(items, object{"seat": seat})
	}
	return b.do(at, "POST", "/api/v1/bookings", object{"eventId": event, "items": items},
		Operation{Kind: Hold, Event: event, Seats: seats, Places: places, Key: key})
}

// RetryHold repeats a hold under its key.
func (b *Buyer) RetryHold(at *Target, hold Operation) Operation {
	switch {
	case hold.Kind == Best && hold.Types != nil:
		return b.HoldBestTypes(at, hold.Event, hold.Key, hold.Types)
	case hold.Kind == Best:
		return b.HoldBest(at, hold.Event, hold.Key, hold.Quantity)
	case hold.Places > 0:
		return b.HoldMixed(at, hold.Event, hold.Key, hold.Places, hold.Seats...)
	case hold.Types != nil:
		return b.HoldTypes(at, hold.Event, hold.Key, hold.Seats, hold.Types)
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
	o.Buyer = b.ID
	return at.perform(method, path, b.Token(), body, cmp.Or(b.Timeout, callTimeout), b.Recorder, o)
}
