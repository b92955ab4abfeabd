package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

// paidBook has a booking of two seats for 40 and 20 that was paid, and is stored so.
func paidBook() *book {
	b := newBook()
	seats := []string{"A-1-1", "A-1-2"}
	b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: seats, Key: "k1", Start: at(0), End: at(10), Status: 201,
		Booking: "b1", BookedSeats: seats, State: "HELD", Deadline: at(5000), Total: 60,
		Items: []client.Item{{Seat: "A-1-1", Amount: 40}, {Seat: "A-1-2", Amount: 20}}})
	b.Record(client.Operation{Kind: client.Pay, Buyer: "buyer", Event: event, Booking: "b1", Token: client.GoodToken, Start: at(20), End: at(30), Status: 201})
	b.stored.Bookings["b1"] = StoredBooking{Event: event, Buyer: "buyer", Status: "CONFIRMED", Seats: seats, Tickets: seats, Prices: []int64{40, 20},
		Live: 2, Total: 60, Sum: 60}
	for _, seat := range seats {
		b.stored.Taken[EventSeat{event, seat}] = StoredSeat{"BOOKED", "b1"}
	}
	b.stored.Money["b1"] = 60
	return b
}

func (b *book) refund(from, to int, key string, asked, made client.Refund) {
	b.Record(client.Operation{Kind: client.RefundPart, Event: event, Booking: "b1", Key: key, Return: asked, Returned: made,
		Start: at(from), End: at(to), Status: 201})
}

func (b *book) refuseRefund(from, to int, key, code string, asked client.Refund, refundable int64) {
	b.Record(client.Operation{Kind: client.RefundPart, Event: event, Booking: "b1", Key: key, Return: asked, Start: at(from), End: at(to),
		Status: 409, Code: code, Refundable: refundable})
}

var (
	firstItem = client.Refund{Items: []int{1}, Amount: client.ItemsPrice, Released: true}
	firstMade = client.Refund{ID: "r1", Status: "SUCCEEDED", Items: []int{1}, Amount: 40, Released: true}
)

// refundedBook is the same after a refund of its first seat.
func refundedBook() *book {
	b := paidBook()
	b.refund(40, 50, "r", firstItem, firstMade)
	b.stored.Refunds["b1"] = []StoredRefund{{firstMade, 1, 40}}
	b.stored.Money["b1"] = 20
	booking := b.stored.Bookings["b1"]
	booking.Live = 1
	b.stored.Bookings["b1"] = booking
	delete(b.stored.Taken, EventSeat{event, "A-1-1"})
	return b
}

func TestLedger_Audit_AcceptsARefundOfAnItem(t *testing.T) {
	b := refundedBook()
	b.refund(60, 70, "r", firstItem, firstMade) // once more under its key
	b.refuseRefund(60, 70, "other", "item_released", firstItem, 0)
	b.hold(80, 90, "k2", "A-1-1", "b2")
	b.store("b2", "HELD", "A-1-1")
	require.Empty(t, b.violations())
}

func TestLedger_Audit_FollowsAReleasedSeat(t *testing.T) {
	b := refundedBook()
	b.hold(35, 38, "k2", "A-1-1", "b2")
	require.Contains(t, b.violations(), DoubleBooking, "before the refund")

	b = refundedBook()
	b.hold(80, 90, "k2", "A-1-2", "b2")
	require.Contains(t, b.violations(), DoubleBooking, "it has the other seat still")

	b = refundedBook()
	b.refuse(80, 90, "k2", "A-1-1")
	require.Equal(t, []ViolationKind{StaleRefusal}, b.violations())

	b = refundedBook()
	b.stored.Taken[EventSeat{event, "A-1-1"}] = StoredSeat{"BOOKED", "b1"}
	require.Equal(t, []ViolationKind{Inconsistent}, b.violations())
}

func TestLedger_Audit_CountsRefundsOnce(t *testing.T) {
	for name, spoil := range map[string]func(*book){
		"the gateway has returned nothing":  func(b *book) { b.stored.Refunds["b1"][0].Returned, b.stored.Money["b1"] = 0, 60 },
		"the gateway has returned it twice": func(b *book) { b.stored.Refunds["b1"][0].Returned, b.stored.Money["b1"] = 80, -20 },
		"it is not stored":                  func(b *book) { delete(b.stored.Refunds, "b1") },
		"nobody asked for another":          func(b *book) { b.again(client.Refund{ID: "r2", Status: "SUCCEEDED", Amount: 5}, 5) },
		"the same item twice":               func(b *book) { b.refund(60, 70, "r2", firstItem, b.again(firstMade, 40)) },
		"more than the items cost":          func(b *book) { b.spoilAmount(41) },
		"more than was paid":                func(b *book) { b.spoilAmount(61) },
		"one key with two refunds": func(b *book) {
			b.refund(60, 70, "r", firstItem, client.Refund{ID: "r2", Items: []int{1}, Amount: 40, Released: true})
		},
		"refused, though nothing was refused": func(b *book) { b.refuseRefund(60, 70, "r2", "item_released", client.Refund{Items: []int{2}}, 0) },
		"refused, though so much is left":     func(b *book) { b.refuseRefund(60, 70, "r2", "refund_exceeds_payment", client.Refund{Amount: 20}, 20) },
	} {
		b := refundedBook()
		spoil(b)
		require.NotEmpty(t, b.violations(), name)
	}
	b := refundedBook()
	b.refuseRefund(60, 70, "r2", "refund_exceeds_payment", client.Refund{Amount: 21}, 20)
	require.Empty(t, b.violations())
}

// again stores one more refund.
func (b *book) again(r client.Refund, returned int64) client.Refund {
	r.ID = "r2"
	b.stored.Refunds["b1"] = append(b.stored.Refunds["b1"], StoredRefund{r, 2, returned})
	b.stored.Money["b1"] -= returned
	return r
}

func (b *book) spoilAmount(amount int64) {
	b.stored.Refunds["b1"][0].Amount, b.stored.Refunds["b1"][0].Returned = amount, amount
	b.stored.Money["b1"] = 60 - amount
}

func TestLedger_Audit_JudgesWholeRefunds(t *testing.T) {
	rest := func() *book {
		b := refundedBook()
		b.Record(client.Operation{Kind: client.RefundRest, Event: event, Booking: "b1", Key: "rest", Start: at(60), End: at(70), Status: 200, State: "REFUNDED"})
		booking := b.stored.Bookings["b1"]
		booking.Status, booking.Live = "REFUNDED", 0
		b.stored.Bookings["b1"] = booking
		b.stored.Taken = map[EventSeat]StoredSeat{}
		b.stored.Money["b1"] = 0
		return b
	}
	require.Empty(t, rest().violations())
	b := rest()
	b.stored.Money["b1"] = 20
	require.Equal(t, []ViolationKind{WrongMoney}, b.violations())

	b = rest()
	b.refund(80, 90, "late", client.Refund{Amount: 1}, b.again(client.Refund{Amount: 1, Status: "SUCCEEDED"}, 1))
	require.Contains(t, b.violations(), WrongRefund, "nothing was left")
}

func TestLedger_Audit_FollowsALatePaymentsBooking(t *testing.T) {
	late := func() *book {
		b := newBook()
		b.Record(client.Operation{Kind: client.Hold, Buyer: "buyer", Event: event, Seats: []string{"A-1-1"}, Key: "k1", Start: at(0), End: at(10), Status: 201,
			Booking: "b1", BookedSeats: []string{"A-1-1"}, State: "HELD", Deadline: at(100)})
		b.Record(client.Operation{Kind: client.Pay, Buyer: "buyer", Event: event, Booking: "b1", Token: client.GoodToken, Start: at(90), End: at(300),
			Status: 201, Successor: "b2"})
		b.store("b1", "EXPIRED", "A-1-1")
		b.store("b2", "CONFIRMED", "A-1-1")
		return b
	}
	require.Empty(t, late().violations())
	b := late()
	b.hold(400, 410, "k3", "A-1-1", "b3")
	require.Contains(t, b.violations(), DoubleBooking)
	b = late()
	b.store("b2", "EXPIRED", "A-1-1")
	require.Contains(t, b.violations(), LostHold)
}
