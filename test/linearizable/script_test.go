package linearizable

import (
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// script is a history written by hand. Times are in milliseconds.
type script struct {
	History
	keys int
}

const (
	holdMs   = 5000
	noAnswer = 0
)

func newScript() *script {
	return &script{History: History{Event: "show", HoldFor: holdMs * time.Millisecond,
		Seats: []string{"A-1-1", "A-1-2", "A-1-3", "A-1-4", "A-2-1", "A-2-2"}}}
}

func at(ms int) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
}

func (s *script) op(from, to int, o client.Operation) *script {
	o.Event, o.Buyer, o.Target = "show", "buyer", "i1"
	o.Start, o.End = at(from), at(to)
	if (o.Holds() || o.Kind == client.Pay) && o.Key == "" {
		s.keys++
		o.Key = strings.Repeat("k", s.keys)
	}
	s.Operations = append(s.Operations, o)
	return s
}

// hold is granted. Its deadline counts from its end.
func (s *script) hold(from, to int, booking, seats string) *script {
	names := strings.Fields(seats)
	return s.op(from, to, client.Operation{Kind: client.Hold, Key: booking, Seats: names, BookedSeats: names, Booking: booking, Status: 201, State: "HELD", Deadline: at(to + holdMs)})
}

func (s *script) best(from, to int, booking string, seats string) *script {
	names := strings.Fields(seats)
	return s.op(from, to, client.Operation{Kind: client.Best, Key: booking, Quantity: len(names), BookedSeats: names, Booking: booking, Status: 201, State: "HELD", Deadline: at(to + holdMs)})
}

func (s *script) lost(from, to int, key, seats string) *script {
	return s.op(from, to, client.Operation{Kind: client.Hold, Key: key, Seats: strings.Fields(seats), Status: noAnswer})
}

func (s *script) refused(from, to int, seats, taken string) *script {
	return s.op(from, to, client.Operation{Kind: client.Hold, Seats: strings.Fields(seats), Unavailable: strings.Fields(taken), Status: 409, Code: "seats_unavailable"})
}

func (s *script) tooFew(from, to, wanted int) *script {
	return s.op(from, to, client.Operation{Kind: client.Best, Quantity: wanted, Status: 409, Code: "not_enough_seats"})
}

func (s *script) release(from, to int, booking string, status int, code string) *script {
	return s.op(from, to, client.Operation{Kind: client.Release, Booking: booking, Status: status, Code: code, State: "CANCELLED"})
}

func (s *script) pay(from, to int, booking, token string, status int, code string) *script {
	return s.op(from, to, client.Operation{Kind: client.Pay, Booking: booking, Token: token, Status: status, Code: code, State: "CONFIRMED"})
}

func (s *script) payLate(from, to int, booking, successor string) *script {
	return s.op(from, to, client.Operation{Kind: client.Pay, Booking: booking, Token: "tok_ok", Status: 201, State: "CONFIRMED", Successor: successor})
}

// payAgain is a payment under a given key.
func (s *script) payAgain(from, to int, booking, key string, status int) *script {
	return s.op(from, to, client.Operation{Kind: client.Pay, Key: key, Booking: booking, Token: "tok_ok", Status: status, State: "CONFIRMED"})
}

func (s *script) read(from, to int, booking, state string) *script {
	return s.op(from, to, client.Operation{Kind: client.Read, Booking: booking, Status: 200, State: state})
}

func (s *script) look(from, to int, shown string) *script {
	seats := map[string]string{}
	for _, seat := range s.Seats {
		seats[seat] = "AVAILABLE"
	}
	for pair := range strings.FieldsSeq(shown) {
		seat, status, _ := strings.Cut(pair, "=")
		seats[seat] = status
	}
	return s.op(from, to, client.Operation{Kind: client.Map, Status: 200, SeatMap: seats})
}

// end sets the stored bookings, such as "b1=HELD:A-1-1,A-1-2". A hold without an
// answer is named by its key.
func (s *script) end(bookings string) *script {
	s.Stored = &ledger.Stored{Bookings: map[string]ledger.StoredBooking{}, Keys: map[string]string{}, Now: at(60_000)}
	for line := range strings.FieldsSeq(bookings) {
		id, rest, _ := strings.Cut(line, "=")
		status, seats, _ := strings.Cut(rest, ":")
		status, successor, _ := strings.Cut(status, ">")
		s.Stored.Bookings[id] = ledger.StoredBooking{Event: "show", Status: status, ReplacedBy: successor, Seats: strings.Split(seats, ","), Deadline: at(holdMs)}
		s.Stored.Keys["buyer "+id] = id
		for i := range s.Operations {
			if o := &s.Operations[i]; o.Booking == id && o.Holds() {
				b := s.Stored.Bookings[id]
				b.Deadline = o.Deadline
				s.Stored.Bookings[id] = b
			}
		}
	}
	return s
}

// verdict returns a part's verdict that is not Linearizable, if there is one.
func (s *script) verdict() Verdict {
	worst := Linearizable
	for _, part := range s.Parts() {
		if v := part.Judge(10 * time.Second); v != Linearizable {
			worst = v
		}
	}
	return worst
}
