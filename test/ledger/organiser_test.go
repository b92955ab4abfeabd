package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

// act records what an organiser did.
func (b *book) act(from, to int, kind client.Kind, act, seat string, status int) {
	o := client.Operation{Kind: kind, Event: event, Act: act, Start: at(from), End: at(to), Status: status}
	if seat != "" {
		o.Seats = []string{seat}
	}
	if status == 409 {
		o.Code, o.Unavailable = "seats_unavailable", o.Seats
	}
	b.Record(o)
}

func (b *book) open(terms client.Terms) {
	b.Record(client.Operation{Kind: client.Open, Event: event, Terms: terms, Start: at(-10), End: at(-5), Status: 201})
}

func (b *book) deny(from, to int, o client.Operation) {
	o.Kind, o.Buyer, o.Event, o.Key, o.Start, o.End, o.Status = client.Hold, "buyer", event, "denied", at(from), at(to), 409
	b.Record(o)
}

func TestLedger_Audit_JudgesBlockedSeats(t *testing.T) {
	block := func() *book {
		b := newBook()
		b.act(0, 10, client.Block, "x", "A-1-1", 200)
		b.stored.Taken[EventSeat{event, "A-1-1"}] = StoredSeat{Status: blocked}
		return b
	}
	b := block()
	b.refuse(20, 30, "k1", "A-1-1")
	require.Empty(t, b.violations())

	b = block()
	b.hold(20, 30, "k1", "A-1-1", "b1")
	require.Contains(t, b.violations(), DoubleBooking)

	b = block()
	delete(b.stored.Taken, EventSeat{event, "A-1-1"})
	require.Equal(t, []ViolationKind{OffSale}, b.violations())

	b = newBook()
	b.stored.Taken[EventSeat{event, "A-1-1"}] = StoredSeat{Status: blocked}
	require.Equal(t, []ViolationKind{OffSale}, b.violations(), "nobody blocked it")

	b = block()
	b.act(20, 30, client.Unblock, "y", "A-1-1", 200)
	delete(b.stored.Taken, EventSeat{event, "A-1-1"})
	require.Empty(t, b.violations())
	b.refuse(40, 50, "k1", "A-1-1")
	require.Equal(t, []ViolationKind{StaleRefusal}, b.violations())

	b = newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.store("b1", "HELD", "A-1-1")
	b.act(20, 30, client.Block, "x", "A-1-1", 409)
	require.Empty(t, b.violations())
	b.act(20, 30, client.Block, "y", "A-1-2", 409)
	require.Equal(t, []ViolationKind{FalseRefusal}, b.violations())
}

func TestLedger_Audit_AllowsForABlockingWithoutAnAnswer(t *testing.T) {
	b := newBook()
	b.act(0, 10, client.Block, "x", "A-1-1", 0)
	b.refuse(20, 30, "k1", "A-1-1")
	require.Empty(t, b.violations())
	b.stored.Taken[EventSeat{event, "A-1-1"}] = StoredSeat{Status: blocked}
	require.Empty(t, b.violations())
}

func TestLedger_Audit_JudgesRemovedSeats(t *testing.T) {
	unknown := func(from, to int, key string) client.Operation {
		return client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: key, Start: at(from), End: at(to),
			Status: 422, Code: "unknown_seats", Unavailable: []string{"A-1-1"}}
	}
	b := newBook()
	b.act(0, 10, client.Remove, "x", "A-1-1", 200)
	b.stored.Taken[EventSeat{event, "A-1-1"}] = StoredSeat{Status: removed}
	b.Record(unknown(20, 30, "k1"))
	require.Empty(t, b.violations())

	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: "k2", Start: at(-30), End: at(-20),
		Status: 201, Booking: "b2", BookedSeats: []string{"A-1-1"}, State: "HELD", Deadline: at(-15)})
	b.store("b2", "EXPIRED", "A-1-1")
	require.Equal(t, []ViolationKind{OffSale}, b.violations(), "somebody had it before")

	b = newBook()
	b.Record(unknown(20, 30, "k1"))
	require.Equal(t, []ViolationKind{FalseRefusal}, b.violations())
}

func TestLedger_Audit_JudgesPrices(t *testing.T) {
	priced := func(amounts ...int64) []ViolationKind {
		b := newBook()
		b.open(client.Terms{Priced: true})
		b.Record(client.Operation{Kind: client.Reprice, Event: event, Act: "p", Pricing: 2, Start: at(0), End: at(10), Status: 200})
		o := client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Key: "k1", Start: at(20), End: at(30), Status: 201, Booking: "b1", State: "HELD", Deadline: at(3_600_000)}
		for i, amount := range amounts {
			o.Seats = append(o.Seats, []string{"A-1-1", "A-1-2"}[i])
			o.Types = append(o.Types, []string{client.Adult, client.Child}[i])
			o.Items = append(o.Items, client.Item{Seat: o.Seats[i], Category: "Stalls", TicketType: o.Types[i], Amount: amount})
			o.Total += amount
		}
		o.BookedSeats = o.Seats
		b.Record(o)
		b.stored.Bookings["b1"] = StoredBooking{Event: event, Buyer: "buyer", Status: "HELD", Seats: o.Seats, Live: len(o.Seats), Total: o.Total, Sum: o.Total}
		for _, seat := range o.Seats {
			b.stored.Taken[EventSeat{event, seat}] = StoredSeat{"HELD", "b1"}
		}
		return b.violations()
	}
	require.Empty(t, priced(4002, 2002))
	require.Equal(t, []ViolationKind{WrongPrice}, priced(4001, 2001), "the prices of before")
	require.Contains(t, priced(4002, 2003), WrongPrice)
}

func TestLedger_Audit_JudgesTheLimitPerCustomer(t *testing.T) {
	limited := func() *book {
		b := newBook()
		b.open(client.Terms{MaxSeatsPerCustomer: 1})
		b.hold(0, 10, "k1", "A-1-1", "b1")
		b.store("b1", "HELD", "A-1-1")
		return b
	}
	b := limited()
	b.deny(20, 30, client.Operation{Seats: []string{"A-1-2"}, Code: "customer_limit", Limit: 1, Had: 1})
	require.Empty(t, b.violations())

	b = limited()
	b.hold(20, 30, "k2", "A-1-2", "b2")
	b.store("b2", "HELD", "A-1-2")
	require.Contains(t, b.violations(), AboveLimit)

	b = limited()
	b.release(12, 14, "b1", 200)
	b.store("b1", "CANCELLED", "A-1-1")
	delete(b.stored.Taken, EventSeat{event, "A-1-1"})
	b.deny(20, 30, client.Operation{Seats: []string{"A-1-2"}, Code: "customer_limit", Limit: 1, Had: 1})
	require.Equal(t, []ViolationKind{FalseLimit}, b.violations())
}

func TestLedger_Audit_JudgesTheOrphanRule(t *testing.T) {
	refused := client.Operation{Seats: []string{"A-1-2"}, Code: "leaves_single_seat", Orphans: []string{"A-1-1"}, Suggestions: [][]string{{"A-1-1"}}}
	strict := func(o client.Operation) []ViolationKind {
		b := newBook()
		b.open(client.Terms{OrphanRule: "strict"})
		b.deny(0, 10, o)
		return b.violations()
	}
	require.Empty(t, strict(refused))
	far := refused
	far.Orphans = []string{"A-2-1"}
	require.Equal(t, []ViolationKind{FalseOrphan}, strict(far))
	last := refused
	last.Suggestions = nil
	require.Equal(t, []ViolationKind{FalseOrphan}, strict(last))
}

func TestLedger_Audit_JudgesCancelledEvents(t *testing.T) {
	cancelled := func() *book {
		b := newBook()
		b.act(100, 110, client.Cancel, "x", "", 200)
		b.stored.Cancelled[event] = true
		return b
	}
	b := cancelled()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.store("b1", "CANCELLED", "A-1-1")
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: "k2", Start: at(120), End: at(130), Status: 409, Code: "sale_closed"})
	require.Empty(t, b.violations())

	b.store("b1", "HELD", "A-1-1")
	require.Contains(t, b.violations(), WrongState)

	b = cancelled()
	b.hold(120, 130, "k1", "A-1-1", "b1")
	b.store("b1", "CANCELLED", "A-1-1")
	require.Contains(t, b.violations(), WrongState)

	b = newBook()
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: "k2", Start: at(120), End: at(130), Status: 409, Code: "sale_closed"})
	require.Equal(t, []ViolationKind{WrongAnswer}, b.violations(), "nobody cancelled it")
}

func TestLedger_Audit_FollowsTheMoney(t *testing.T) {
	b := cancelledBook()
	require.Empty(t, b.violations())
	b.stored.Money["b1"] = 2500
	require.Equal(t, []ViolationKind{WrongMoney}, b.violations(), "it did not go back")
}

// cancelledBook has a booking that was paid before its event was cancelled.
func cancelledBook() *book {
	b := newBook()
	b.hold(0, 10, "k1", "A-1-1", "b1")
	b.Record(client.Operation{Kind: client.Pay, Buyer: "buyer", Event: event, Booking: "b1", Token: client.GoodToken, Start: at(20), End: at(30), Status: 201})
	b.act(100, 110, client.Cancel, "x", "", 200)
	b.stored.Cancelled[event] = true
	b.store("b1", "REFUNDED", "A-1-1")
	return b
}

func TestLedger_Audit_CountsPlaces(t *testing.T) {
	floor := func() *book {
		b := newBook()
		b.open(client.Terms{Places: 3})
		b.place(0, 10, "k1", "b1")
		return b
	}
	full := client.Operation{Code: "not_enough_places", Places: 2, Available: 1}
	b := floor()
	b.deny(20, 30, full)
	require.Empty(t, b.violations())

	b = floor()
	b.place(20, 30, "k2", "b2")
	require.Contains(t, b.violations(), Oversold)

	b = floor()
	full.Available = 0
	b.deny(20, 30, full)
	require.Equal(t, []ViolationKind{FalseRefusal}, b.violations(), "one is free")
}

// place holds two places.
func (b *book) place(from, to int, key, booking string) {
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Places: 2, Standing: 2, Key: key, Start: at(from), End: at(to),
		Status: 201, Booking: booking, State: "HELD", Deadline: at(3_600_000)})
	b.stored.Bookings[booking] = StoredBooking{Event: event, Buyer: "buyer", Status: "HELD", Places: 2, LivePlaces: 2, Live: 2}
}
