package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

// book writes a ledger by hand; times are in milliseconds.
type book struct {
	Ledger
	stored *Stored
}

const show = "show"

func newBook() *book {
	return &book{stored: &Stored{Bookings: map[string]StoredBooking{}, Taken: map[Place]StoredSeat{}, Keys: map[string]string{}, Now: at(1_000_000)}}
}

func at(ms int) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
}

func (b *book) hold(from, to int, key, seat, booking string) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: show, Seats: []string{seat}, Key: key, Start: at(from), End: at(to),
		Status: 201, Booking: booking, Held: []string{seat}, State: "HELD", Deadline: at(3_600_000)})
}

func (b *book) refuse(from, to int, key, seat string) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: show, Seats: []string{seat}, Key: key, Start: at(from), End: at(to),
		Status: 409, Code: "seats_unavailable", Refused: []string{seat}})
}

func (b *book) fail(from, to int, key, seat string, status int) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: show, Seats: []string{seat}, Key: key, Start: at(from), End: at(to), Status: status})
}

func (b *book) release(from, to int, booking string, status int) {
	b.Record(client.Operation{Kind: client.Release, Buyer: "buyer", Event: show, Booking: booking, Start: at(from), End: at(to), Status: status})
}

// store has the database keep a booking of one seat.
func (b *book) store(id, status, seat string) {
	live := 0
	if status == "HELD" || status == "CONFIRMED" {
		live = 1
		b.stored.Taken[Place{show, seat}] = StoredSeat{map[string]string{"HELD": "HELD", "CONFIRMED": "BOOKED"}[status], id}
	}
	b.stored.Bookings[id] = StoredBooking{Event: show, Buyer: "buyer", Status: status, Seats: []string{seat}, Live: live}
}

func (b *book) wrong() (wrong []Wrong) {
	for _, fault := range b.Audit(b.stored).Faults {
		wrong = append(wrong, fault.What)
	}
	return wrong
}

func TestHonestSaleHasNoFaults(t *testing.T) {
	b := newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.refuse(5, 12, "k2", "A-1-1") // while the first was being decided
	b.release(20, 30, "b1", 200)
	b.hold(25, 35, "k3", "A-1-1", "b3") // just after the release, which is still being told
	b.hold(40, 50, "k4", "A-1-2", "b4")
	b.store("b1", "CANCELLED", "A-1-1")
	b.store("b3", "HELD", "A-1-1")
	b.store("b4", "HELD", "A-1-2")
	audit := b.Audit(b.stored)
	require.Empty(t, audit.Faults)
	require.Equal(t, 3, audit.Granted)
	require.Equal(t, 1, audit.Refused)
}

func TestDoubleBookings(t *testing.T) {
	for name, test := range map[string]struct{ from, to int }{
		"asked and told while it was held": {100, 110},
		"told while it was held":           {5, 110},
		"both asked at once":               {0, 11},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			b.hold(0, 10, "k1", "A-1-1", "b1")
			b.hold(test.from, test.to, "k2", "A-1-1", "b2")
			require.Contains(t, b.wrong(), DoubleBooking)
		})
	}
	t.Run("before the release began", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.hold(20, 30, "k2", "A-1-1", "b2")
		b.release(40, 50, "b1", 200)
		require.Contains(t, b.wrong(), DoubleBooking)
	})
}

func TestRefusals(t *testing.T) {
	t.Run("of a seat that nobody had", func(t *testing.T) {
		b := newBook()
		b.refuse(0, 10, "k1", "A-1-1")
		b.hold(20, 30, "k2", "A-1-1", "b2") // too late to explain it
		b.store("b2", "HELD", "A-1-1")
		require.Equal(t, []Wrong{FalseRefusal}, b.wrong())
	})
	t.Run("of a seat that was free again", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 200)
		b.refuse(40, 50, "k2", "A-1-1")
		b.store("b1", "CANCELLED", "A-1-1")
		require.Equal(t, []Wrong{StaleRefusal}, b.wrong())
	})
	t.Run("while a release may not have happened", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 503)
		b.refuse(40, 50, "k2", "A-1-1")
		b.store("b1", "HELD", "A-1-1")
		require.Empty(t, b.wrong())
	})
	t.Run("for a hold that may have happened, and had", func(t *testing.T) {
		b := newBook()
		b.fail(0, 10, "k1", "A-1-1", 0)
		b.refuse(40, 50, "k2", "A-1-1")
		b.stored.Keys[scoped("buyer", "k1")] = "b1"
		b.store("b1", "HELD", "A-1-1")
		require.Empty(t, b.wrong())
		require.Equal(t, 1, b.Audit(b.stored).Stored)
	})
	t.Run("for a hold that may have happened, and had not", func(t *testing.T) {
		b := newBook()
		b.fail(0, 10, "k1", "A-1-1", 503)
		b.refuse(40, 50, "k2", "A-1-1")
		require.Equal(t, []Wrong{FalseRefusal}, b.wrong())
	})
}

func TestPromisesThatTheDatabaseDoesNotKeep(t *testing.T) {
	t.Run("a hold that is not there", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		require.Equal(t, []Wrong{LostHold}, b.wrong())
	})
	t.Run("a hold that ended early", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "EXPIRED", "A-1-1")
		require.Equal(t, []Wrong{LostHold}, b.wrong())
	})
	t.Run("a release that did not happen", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 200)
		b.store("b1", "HELD", "A-1-1")
		require.Equal(t, []Wrong{WrongState}, b.wrong())
	})
	t.Run("a booking that nobody was told of", func(t *testing.T) {
		b := newBook()
		b.refuse(0, 10, "k1", "A-1-1")
		b.hold(0, 10, "k2", "A-1-1", "b2")
		b.stored.Keys[scoped("buyer", "k1")] = "b1"
		b.store("b2", "HELD", "A-1-1")
		b.store("b1", "CANCELLED", "A-1-1")
		require.Equal(t, []Wrong{Phantom}, b.wrong())
	})
	t.Run("a seat that its booking does not know", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "HELD", "A-1-1")
		b.stored.Taken[Place{show, "A-1-2"}] = StoredSeat{"HELD", "b1"}
		require.Equal(t, []Wrong{Inconsistent}, b.wrong())
	})
}

func TestOneKeyHasOneOutcome(t *testing.T) {
	b := newBook()
	b.fail(0, 10, "k1", "A-1-1", 0)
	b.hold(20, 30, "k1", "A-1-1", "b1") // asked again
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.wrong())

	b.hold(40, 50, "k1", "A-1-1", "b2") // and again, with another booking
	require.Contains(t, b.wrong(), TwoOutcomes)
}

func TestABookingOfAnotherEvent(t *testing.T) {
	b := newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.stored.Bookings["b1"] = StoredBooking{Event: "another", Buyer: "buyer", Status: "HELD", Seats: []string{"A-1-1"}, Live: 1}
	b.stored.Taken[Place{"another", "A-1-1"}] = StoredSeat{"HELD", "b1"}
	require.Equal(t, []Wrong{WrongEvent}, b.wrong())
}

func TestUnexpectedAnswers(t *testing.T) {
	b := newBook()
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: show, Seats: []string{"A-1-1"}, Key: "k1", Start: at(0), End: at(1), Status: 404, Code: "event_not_found"})
	require.Equal(t, []Wrong{WrongAnswer}, b.wrong())

	b = newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.store("b1", "HELD", "A-1-1")
	b.Record(client.Operation{Kind: client.Read, Buyer: "buyer", Event: show, Booking: "b1", Start: at(20), End: at(30), Status: 404})
	require.Equal(t, []Wrong{LostHold}, b.wrong())
}

func TestTheBestSeats(t *testing.T) {
	best := func(wanted int, held ...string) client.Operation {
		return client.Operation{Kind: client.Best, Buyer: "buyer", Event: show, Wanted: wanted, Key: "k1", Start: at(0), End: at(10),
			Status: 201, Booking: "b1", Held: held, State: "HELD", Deadline: at(3_600_000)}
	}
	b := newBook()
	b.Record(best(1, "A-1-1"))
	b.refuse(20, 30, "k2", "A-1-1")
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.wrong())

	b = newBook()
	b.Record(best(2, "A-1-1"))
	b.store("b1", "HELD", "A-1-1")
	require.Equal(t, []Wrong{WrongSeats}, b.wrong())

	b = newBook() // of one that nobody was told of, the database knows the seats
	b.Record(client.Operation{Kind: client.Best, Buyer: "buyer", Event: show, Wanted: 1, Key: "k1", Start: at(0), End: at(10)})
	b.refuse(20, 30, "k2", "A-1-1")
	b.stored.Keys[scoped("buyer", "k1")] = "b1"
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.wrong())
}

func TestPaymentsThatBuyNothing(t *testing.T) {
	pay := func(token string, status int, code string) []Wrong {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "HELD", "A-1-1")
		b.Record(client.Operation{Kind: client.Pay, Buyer: "buyer", Event: show, Booking: "b1", Token: token, Start: at(20), End: at(30), Status: status, Code: code})
		return b.wrong()
	}
	require.Empty(t, pay(client.DeclinedToken, 402, "payment_declined"))
	require.Empty(t, pay(client.ErrorToken, 503, "payment_unavailable"))
	require.Equal(t, []Wrong{WrongAnswer}, pay(client.GoodToken, 402, "payment_declined"))
	require.Equal(t, []Wrong{WrongAnswer}, pay(client.DeclinedToken, 201, ""))
	require.Equal(t, []Wrong{WrongAnswer}, pay(client.GoodToken, 409, "hold_expired"), "long before the deadline")
}
