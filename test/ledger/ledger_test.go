package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

// book is a ledger written by hand. Times are in milliseconds.
type book struct {
	Ledger
	stored *Stored
}

const event = "event"

func newBook() *book {
	return &book{stored: &Stored{Bookings: map[string]StoredBooking{}, Taken: map[EventSeat]StoredSeat{}, Keys: map[string]string{}, Now: at(1_000_000),
		Money: map[string]int64{}, Refunds: map[string][]StoredRefund{}, Cancelled: map[string]bool{}}}
}

func at(ms int) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
}

func (b *book) hold(from, to int, key, seat, booking string) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{seat}, Key: key, Start: at(from), End: at(to),
		Status: 201, Booking: booking, BookedSeats: []string{seat}, State: "HELD", Deadline: at(3_600_000)})
}

func (b *book) refuse(from, to int, key, seat string) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{seat}, Key: key, Start: at(from), End: at(to),
		Status: 409, Code: "seats_unavailable", Unavailable: []string{seat}})
}

func (b *book) fail(from, to int, key, seat string, status int) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{seat}, Key: key, Start: at(from), End: at(to), Status: status})
}

func (b *book) release(from, to int, booking string, status int) {
	b.Record(client.Operation{Kind: client.Release, Buyer: "buyer", Event: event, Booking: booking, Start: at(from), End: at(to), Status: status})
}

// store adds a booking of one seat to the database.
func (b *book) store(id, status, seat string) {
	live := 0
	if status == "HELD" || status == "CONFIRMED" {
		live = 1
		b.stored.Taken[EventSeat{event, seat}] = StoredSeat{map[string]string{"HELD": "HELD", "CONFIRMED": "BOOKED"}[status], id}
	}
	b.stored.Bookings[id] = StoredBooking{Event: event, Buyer: "buyer", Status: status, Seats: []string{seat}, Live: live}
}

func (b *book) violations() (kinds []ViolationKind) {
	for _, violation := range b.Audit(b.stored).Violations {
		kinds = append(kinds, violation.Kind)
	}
	return kinds
}

func TestLedger_Audit_AcceptsACorrectSale(t *testing.T) {
	b := newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.refuse(5, 12, "k2", "A-1-1") // while the first was being decided
	b.release(20, 30, "b1", 200)
	b.hold(25, 35, "k3", "A-1-1", "b3") // before the release is acknowledged
	b.hold(40, 50, "k4", "A-1-2", "b4")
	b.store("b1", "CANCELLED", "A-1-1")
	b.store("b3", "HELD", "A-1-1")
	b.store("b4", "HELD", "A-1-2")
	audit := b.Audit(b.stored)
	require.Empty(t, audit.Violations)
	require.Equal(t, 3, audit.Granted)
	require.Equal(t, 1, audit.Refused)
}

func TestLedger_Audit_FindsDoubleBookings(t *testing.T) {
	for name, test := range map[string]struct{ from, to int }{
		"requested and acknowledged while it was held": {100, 110},
		"acknowledged while it was held":               {5, 110},
		"both requested at once":                       {0, 11},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			b.hold(0, 10, "k1", "A-1-1", "b1")
			b.hold(test.from, test.to, "k2", "A-1-1", "b2")
			require.Contains(t, b.violations(), DoubleBooking)
		})
	}
	t.Run("before the release began", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.hold(20, 30, "k2", "A-1-1", "b2")
		b.release(40, 50, "b1", 200)
		require.Contains(t, b.violations(), DoubleBooking)
	})
}

func TestLedger_Audit_JudgesRefusals(t *testing.T) {
	t.Run("of a seat that was never held", func(t *testing.T) {
		b := newBook()
		b.refuse(0, 10, "k1", "A-1-1")
		b.hold(20, 30, "k2", "A-1-1", "b2") // too late to justify it
		b.store("b2", "HELD", "A-1-1")
		require.Equal(t, []ViolationKind{FalseRefusal}, b.violations())
	})
	t.Run("of a seat that was free again", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 200)
		b.refuse(40, 50, "k2", "A-1-1")
		b.store("b1", "CANCELLED", "A-1-1")
		require.Equal(t, []ViolationKind{StaleRefusal}, b.violations())
	})
	t.Run("while a release may not have happened", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 503)
		b.refuse(40, 50, "k2", "A-1-1")
		b.store("b1", "HELD", "A-1-1")
		require.Empty(t, b.violations())
	})
	t.Run("because of an unknown hold that was executed", func(t *testing.T) {
		b := newBook()
		b.fail(0, 10, "k1", "A-1-1", 0)
		b.refuse(40, 50, "k2", "A-1-1")
		b.stored.Keys[scoped("buyer", "k1")] = "b1"
		b.store("b1", "HELD", "A-1-1")
		require.Empty(t, b.violations())
		require.Equal(t, 1, b.Audit(b.stored).Stored)
	})
	t.Run("because of an unknown hold that was not executed", func(t *testing.T) {
		b := newBook()
		b.fail(0, 10, "k1", "A-1-1", 503)
		b.refuse(40, 50, "k2", "A-1-1")
		require.Equal(t, []ViolationKind{FalseRefusal}, b.violations())
	})
}

func TestLedger_Audit_FindsPromisesTheDatabaseDoesNotKeep(t *testing.T) {
	t.Run("a hold that is not stored", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		require.Equal(t, []ViolationKind{LostHold}, b.violations())
	})
	t.Run("a hold that ended early", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "EXPIRED", "A-1-1")
		require.Equal(t, []ViolationKind{LostHold}, b.violations())
	})
	t.Run("a release that was not executed", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.release(20, 30, "b1", 200)
		b.store("b1", "HELD", "A-1-1")
		require.Equal(t, []ViolationKind{WrongState}, b.violations())
	})
	t.Run("a booking that was refused", func(t *testing.T) {
		b := newBook()
		b.refuse(0, 10, "k1", "A-1-1")
		b.hold(0, 10, "k2", "A-1-1", "b2")
		b.stored.Keys[scoped("buyer", "k1")] = "b1"
		b.store("b2", "HELD", "A-1-1")
		b.store("b1", "CANCELLED", "A-1-1")
		require.Equal(t, []ViolationKind{Phantom}, b.violations())
	})
	t.Run("a seat of a booking that does not list it", func(t *testing.T) {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "HELD", "A-1-1")
		b.stored.Taken[EventSeat{event, "A-1-2"}] = StoredSeat{"HELD", "b1"}
		require.Equal(t, []ViolationKind{Inconsistent}, b.violations())
	})
}

func TestLedger_Audit_FindsTwoOutcomesOfAKey(t *testing.T) {
	b := newBook()
	b.fail(0, 10, "k1", "A-1-1", 0)
	b.hold(20, 30, "k1", "A-1-1", "b1") // the retry
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.violations())

	b.hold(40, 50, "k1", "A-1-1", "b2") // another retry, another booking
	require.Contains(t, b.violations(), TwoOutcomes)
}

func TestLedger_Audit_FindsABookingOfAnotherEvent(t *testing.T) {
	b := newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.stored.Bookings["b1"] = StoredBooking{Event: "another", Buyer: "buyer", Status: "HELD", Seats: []string{"A-1-1"}, Live: 1}
	b.stored.Taken[EventSeat{"another", "A-1-1"}] = StoredSeat{"HELD", "b1"}
	require.Equal(t, []ViolationKind{WrongEvent}, b.violations())
}

func TestLedger_Audit_FindsUnexpectedAnswers(t *testing.T) {
	b := newBook()
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: "k1", Start: at(0), End: at(1), Status: 404, Code: "event_not_found"})
	require.Equal(t, []ViolationKind{WrongAnswer}, b.violations())

	b = newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.store("b1", "HELD", "A-1-1")
	b.Record(client.Operation{Kind: client.Read, Buyer: "buyer", Event: event, Booking: "b1", Start: at(20), End: at(30), Status: 404})
	require.Equal(t, []ViolationKind{LostHold}, b.violations())
}

func TestLedger_Audit_JudgesBestSeats(t *testing.T) {
	best := func(wanted int, held ...string) client.Operation {
		return client.Operation{Kind: client.Best, Buyer: "buyer", Event: event, Quantity: wanted, Key: "k1", Start: at(0), End: at(10),
			Status: 201, Booking: "b1", BookedSeats: held, State: "HELD", Deadline: at(3_600_000)}
	}
	b := newBook()
	b.Record(best(1, "A-1-1"))
	b.refuse(20, 30, "k2", "A-1-1")
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.violations())

	b = newBook()
	b.Record(best(2, "A-1-1"))
	b.store("b1", "HELD", "A-1-1")
	require.Equal(t, []ViolationKind{WrongSeats}, b.violations())

	b = newBook() // the seats of an unknown hold come from the database
	b.Record(client.Operation{Kind: client.Best, Buyer: "buyer", Event: event, Quantity: 1, Key: "k1", Start: at(0), End: at(10)})
	b.refuse(20, 30, "k2", "A-1-1")
	b.stored.Keys[scoped("buyer", "k1")] = "b1"
	b.store("b1", "HELD", "A-1-1")
	require.Empty(t, b.violations())
}

func TestLedger_Audit_JudgesPayments(t *testing.T) {
	pay := func(token string, status int, code string) []ViolationKind {
		b := newBook()
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "HELD", "A-1-1")
		b.Record(client.Operation{Kind: client.Pay, Buyer: "buyer", Event: event, Booking: "b1", Token: token, Start: at(20), End: at(30), Status: status, Code: code})
		return b.violations()
	}
	require.Empty(t, pay(client.DeclinedToken, 402, "payment_declined"))
	require.Empty(t, pay(client.ErrorToken, 503, "payment_unavailable"))
	require.Equal(t, []ViolationKind{WrongAnswer}, pay(client.GoodToken, 402, "payment_declined"))
	require.Equal(t, []ViolationKind{WrongAnswer}, pay(client.DeclinedToken, 201, ""))
	require.Equal(t, []ViolationKind{WrongAnswer}, pay(client.GoodToken, 409, "hold_expired"), "long before the deadline")
}
