package wire_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

func id(b byte) eventra.ID { return eventra.ID{b, 15: b} }

var (
	at      = time.Date(2026, 11, 7, 10, 0, 0, 123456000, time.UTC)
	payment = eventra.Payment{Refusal: eventra.CodeSaleClosed, ID: id(1), BookingID: id(2), EventID: id(3), UserID: id(4), Method: "mock",
		Amount: eventra.Money{Amount: 1200, Currency: "EUR"}, Status: eventra.PaymentPending, CreatedAt: at, UpdatedAt: at}
	items = []eventra.Item{{No: 7, Section: "A", Row: "1", Number: 8, Category: "Front", TicketType: "Child", Amount: 1200},
		{No: 99_999, Section: "A", Row: "1", Number: 9, Category: "A", TicketType: "Standard", Released: true}}
	floor   = eventra.Item{No: eventra.NoSeat, Floor: 3, Section: "F", Category: "F", TicketType: "Standard", Amount: 5}
	booking = eventra.Booking{ID: id(2), Reference: eventra.ReferenceMax, EventID: id(3), UserID: id(4), Status: eventra.BookingExpired,
		Items: []eventra.Item{floor, items[0], floor, items[1]},
		Total: eventra.Money{Amount: 1200, Currency: "EUR"}, ExpiresAt: at, CreatedAt: at, PaymentID: id(1), PayingUntil: at.Add(time.Minute), ReplacedBy: id(9),
		LeavesSingleSeat: true}
	commands = []eventra.Command{
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Seats: []string{"A-1-1", "A-1-2"}},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Best: &eventra.BestAvailable{Quantity: 3, Section: "B"}},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Seats: []string{"A-1-1"}, Attempt: &eventra.IdempotencyAttempt{
			Key:        eventra.IdempotencyKey{UserID: id(2), Route: "POST /api/v1/bookings", Key: "k"},
			ResourceID: id(1), RequestHash: [32]byte{3}}},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Items: []eventra.ItemRequest{{Seat: "A-1-1", TicketType: "Child"}, {Seat: "A-1-2"}}},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Best: &eventra.BestAvailable{Quantity: 3, Section: "B", Category: "Front",
			TicketTypes: []eventra.TicketTypeCount{{Name: "Adult", Count: 1}, {Name: "Child", Count: 2}}},
			Attempt: &eventra.IdempotencyAttempt{Key: eventra.IdempotencyKey{UserID: id(2), Route: "POST /api/v1/bookings", Key: "k"},
				ResourceID: id(1), RequestHash: [32]byte{3}}},
		&eventra.ReleaseHold{BookingID: id(1), UserID: id(2)},
		&eventra.ReleaseHold{BookingID: id(1), UserID: id(2), By: eventra.Actor{ID: id(3), Kind: eventra.ActorUser, Address: "192.0.2.7", RequestID: "r"}},
		&eventra.ExpireHold{BookingID: id(1)},
		&eventra.RefundBooking{BookingID: id(1), Cancelled: true},
		&eventra.StartPayment{PaymentID: id(1), BookingID: id(2), UserID: id(3), Method: "mock", Grace: time.Second},
		&eventra.FinishPayment{Payment: payment, Outcome: eventra.PaymentSucceeded,
			Items: []eventra.Item{{No: 7, Section: "A", Row: "1", Number: 8, CategoryNo: 2, TicketTypeNo: 1, Category: "Front", TicketType: "Child", Amount: 1200}}},
		&eventra.FinishPayment{Payment: payment, Outcome: eventra.PaymentSucceeded, Items: items},
		&eventra.FinishPayment{Payment: payment, Outcome: eventra.PaymentSucceeded, Items: append(items, floor)},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Items: []eventra.ItemRequest{{Section: "F", Quantity: 3}, {Seat: "A-1-1"}}},
		&eventra.HoldSeats{BookingID: id(1), UserID: id(2), Items: []eventra.ItemRequest{{Section: "F", Quantity: 3, TicketType: "Child"}}, Attempt: &eventra.IdempotencyAttempt{
			Key:        eventra.IdempotencyKey{UserID: id(2), Route: "POST /api/v1/bookings", Key: "k"},
			ResourceID: id(1), RequestHash: [32]byte{3}}},
		&eventra.FinishPayment{Payment: payment, Outcome: eventra.PaymentSucceeded, Items: []eventra.Item{floor}},
		&eventra.RefundBooking{BookingID: id(1)},
		&eventra.RefundBooking{BookingID: id(1), By: eventra.Actor{ID: id(2), Kind: eventra.ActorUser}},
		&eventra.RefundItems{RefundID: id(3), BookingID: id(1), Items: []int{1, 3}, Amount: eventra.ItemsPrice, Release: true,
			By: eventra.Actor{ID: id(2), Kind: eventra.ActorUser}},
		&eventra.SetBlocked{BlockingID: id(1), Author: id(2), Selection: eventra.SeatSelection{Section: "A", Row: "1"}, Blocked: true, Reason: "press",
			By: eventra.Actor{ID: id(2), Kind: eventra.ActorKey, Address: "192.0.2.7", RequestID: "r"}},
	}
)

// sent returns an envelope as it arrives at another member.
func sent(t testing.TB, set func(*wire.Envelope)) *wire.Envelope {
	e := &wire.Envelope{}
	set(e)
	b, err := proto.Marshal(e)
	require.NoError(t, err)
	arrived := &wire.Envelope{}
	require.NoError(t, proto.Unmarshal(b, arrived))
	return arrived
}

func TestEnvelope_Command(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands {
		arrived, err := sent(t, func(e *wire.Envelope) { e.SetCommand(cmd) }).Command()
		require.NoError(t, err)
		require.Equal(t, cmd, arrived)
	}
}

func TestEnvelope_BlockingOfAnEarlierReleaseNamesItsAuthor(t *testing.T) {
	t.Parallel()
	cmd := &eventra.SetBlocked{BlockingID: id(1), Author: id(2), Selection: eventra.SeatSelection{Section: "A"}}
	arrived, err := sent(t, func(e *wire.Envelope) { e.SetCommand(cmd) }).Command()
	require.NoError(t, err)
	require.Equal(t, eventra.Actor{ID: id(2), Kind: eventra.ActorUser}, arrived.(*eventra.SetBlocked).By)
	cmd.By.Kind = eventra.ActorUser
	_, err = sent(t, func(e *wire.Envelope) { e.SetCommand(cmd) }).Command()
	require.Error(t, err, "the store would refuse an actor without an id")
}

func TestEnvelope_Outcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		booking *eventra.Booking
		payment *eventra.Payment
	}{{&booking, &payment}, {&booking, nil}, {nil, &payment}} {
		e := sent(t, func(e *wire.Envelope) { e.SetOutcome(c.booking, c.payment) })
		b, p, err := e.GetOutcome().Decode()
		require.NoError(t, err)
		require.Equal(t, c.booking, b)
		require.Equal(t, c.payment, p)
	}
}

func TestEnvelope_Failure(t *testing.T) {
	t.Parallel()
	failure := &eventra.Error{Code: eventra.CodeSeatsUnavailable, Message: "taken", Seats: []string{"A-1-1"}, Payment: &payment,
		Fields: []eventra.FieldError{{Field: "seats", Code: "duplicate", Message: "twice"}}, RetryAfter: time.Second, Err: errors.New("cause"),
		Orphans: []string{"A-1-1"}, Suggestions: [][]string{{"A-1-2", "A-1-3"}, {"A-1-4", "A-1-5"}}}
	e := sent(t, func(e *wire.Envelope) { e.SetFailure(failure, wire.Failure_PLAIN) })
	require.Equal(t, failure, e.GetFailure().Decode())

	failure = &eventra.Error{Code: eventra.CodeCustomerLimit, Customer: &eventra.CustomerTickets{Limit: 4, Held: 3}}
	e = sent(t, func(e *wire.Envelope) { e.SetFailure(failure, wire.Failure_PLAIN) })
	require.Equal(t, failure, e.GetFailure().Decode())
	require.Equal(t, "not_enough_seats", e.GetFailure().GetCode(), "which members of the release before know")

	e = sent(t, func(e *wire.Envelope) { e.SetFailure(errors.New("secret"), wire.Failure_STORED) })
	require.Equal(t, wire.Failure_STORED, e.GetFailure().GetKind())
	require.Equal(t, eventra.CodeUnavailable, e.GetFailure().Decode().Code)
}

func view(version uint64, statuses ...eventra.SeatStatus) *eventra.SeatsView {
	v := &eventra.SeatsView{EventID: id(3), Version: version, Status: statuses, Changed: make([]uint64, len(statuses))}
	for i, status := range statuses {
		if status != eventra.SeatAvailable {
			v.Changed[i] = version
		}
	}
	return v
}

func TestEnvelope_SeatChanges(t *testing.T) {
	t.Parallel()
	nothing := &eventra.SeatsView{EventID: id(3), Status: make([]eventra.SeatStatus, 3), Changed: make([]uint64, 3)}
	first := view(4, eventra.SeatAvailable, eventra.SeatHeld, eventra.SeatBooked)
	second := &eventra.SeatsView{EventID: id(3), Version: 6, Status: []eventra.SeatStatus{eventra.SeatHeld, eventra.SeatAvailable, eventra.SeatBooked},
		Changed: []uint64{6, 5, 4}, LayoutVersion: 3}
	for name, c := range map[string]struct {
		old, now       *eventra.SeatsView
		since          uint64
		seats, changes int
	}{
		"no seats known":      {nothing, first, 0, 0, 3},
		"the present version": {first, first, 4, 3, 0},
		"an earlier version":  {first, second, 4, 3, 2},
		"a later version":     {second, first, 6, 3, 3},
	} {
		e := sent(t, func(e *wire.Envelope) {
			e.SetSeatChanges(c.now, &wire.ReadSeats{Since: c.since, Seats: int32(c.seats)})
		})
		require.Len(t, e.GetSeatChanges().GetStatuses(), c.changes, name)
		if c.changes > 0 {
			got, err := e.GetSeatChanges().Apply(c.old)
			require.NoError(t, err)
			require.Equal(t, c.now, got, name)
		}
	}
	for name, bad := range map[string]*wire.SeatChanges{
		"another seat map":  {Total: 4},
		"fewer statuses":    {Total: 3, Numbers: []int32{1}, Versions: []uint64{1}},
		"more statuses":     {Total: 3, Statuses: []byte{1}},
		"no such seat":      {Total: 3, Numbers: []int32{3}, Statuses: []byte{1}, Versions: []uint64{1}},
		"a negative seat":   {Total: 3, Numbers: []int32{-1}, Statuses: []byte{1}, Versions: []uint64{1}},
		"no such status":    {Total: 3, Numbers: []int32{1}, Statuses: []byte{9}, Versions: []uint64{1}},
		"fewer than all":    {Total: 3, All: true, Statuses: []byte{1}, Versions: []uint64{1}},
		"versions missing":  {Total: 3, Numbers: []int32{1}, Statuses: []byte{1}},
		"a negative number": {Total: -3, All: true},
	} {
		_, err := bad.Apply(first)
		require.Error(t, err, name)
	}
}

func TestEnvelope_EventListAndAvailability(t *testing.T) {
	t.Parallel()
	events := []eventra.ActiveEvent{{EventID: id(3), State: eventra.ActivationActive, Epoch: 4, Seats: 5, Queued: 6, Batches: 7, Changes: 8}}
	got, err := sent(t, func(e *wire.Envelope) { e.SetEventList(events) }).GetEventList().Decode()
	require.NoError(t, err)
	require.Equal(t, events, got)

	a := &eventra.Availability{EventID: id(3), Version: 9, Total: eventra.SectionTally{Total: 3, Available: 1, Held: 1, Booked: 1,
		PriceFrom: eventra.Money{Amount: 1, Currency: "EUR"}}}
	a.Sections = []eventra.SectionTally{a.Total}
	a.Sections[0].Name = "A"
	require.Equal(t, a, sent(t, func(e *wire.Envelope) { e.SetAvailability(a) }).GetAvailability().Decode(id(3)))
}

// A message of a later release has no body, and all its other fields.
func TestEnvelope_UnknownKindHasNoBody(t *testing.T) {
	t.Parallel()
	b, err := proto.Marshal(&wire.Envelope{Id: 7})
	require.NoError(t, err)
	b = protowire.AppendTag(b, 1000, protowire.BytesType)
	b = protowire.AppendBytes(b, []byte("later"))
	e := &wire.Envelope{}
	require.NoError(t, proto.Unmarshal(b, e))
	require.EqualValues(t, 7, e.Id)
	require.Nil(t, e.Body)
	cmd, err := e.Command()
	require.NoError(t, err)
	require.Nil(t, cmd)
}

func TestEnvelope_CommandRejectsInvalidOnes(t *testing.T) {
	t.Parallel()
	one, two := make([]byte, 16), make([]byte, 15)
	one[0], two[0] = 1, 1
	hash, hold := make([]byte, 32), &wire.HoldSeats{Booking: one, User: one, Seats: []string{"A"}}
	for name, e := range map[string]*wire.Envelope{
		"a key without a hold":  {Body: &wire.Envelope_KeyedHold{KeyedHold: &wire.KeyedHold{Key: "k", RequestHash: hash}}},
		"a short hash":          {Body: &wire.Envelope_KeyedHold{KeyedHold: &wire.KeyedHold{Hold: hold, Key: "k", RequestHash: two}}},
		"a key that is no text": {Body: &wire.Envelope_KeyedHold{KeyedHold: &wire.KeyedHold{Hold: hold, Key: "a\x00", RequestHash: hash}}},
		"no ids":                {Body: &wire.Envelope_HoldSeats{HoldSeats: &wire.HoldSeats{Seats: []string{"A-1-1"}}}},
		"a short id":            {Body: &wire.Envelope_ExpireHold{ExpireHold: &wire.ExpireHold{Booking: two}}},
		"an empty body":         {Body: &wire.Envelope_StartPayment{}},
		"no payment":            {Body: &wire.Envelope_FinishPayment{FinishPayment: &wire.FinishPayment{Outcome: "SUCCEEDED"}}},
		"an unknown outcome":    {Body: &wire.Envelope_FinishPayment{FinishPayment: &wire.FinishPayment{Outcome: "MAYBE"}}},
		"no seats":              {Body: &wire.Envelope_HoldSeats{HoldSeats: &wire.HoldSeats{Booking: one, User: one}}},
		"a duplicate seat":      {Body: &wire.Envelope_HoldSeats{HoldSeats: &wire.HoldSeats{Booking: one, User: one, Seats: []string{"A", "A"}}}},
		"a negative quantity":   {Body: &wire.Envelope_HoldSeats{HoldSeats: &wire.HoldSeats{Booking: one, User: one, Quantity: -1}}},
		"a negative grace":      {Body: &wire.Envelope_StartPayment{StartPayment: &wire.StartPayment{Payment: one, Booking: one, User: one, Grace: -1}}},
	} {
		_, err := e.Command()
		require.Error(t, err, name)
	}
}

// FuzzEnvelope reads any bytes as an envelope: a command that decodes also encodes
// and decodes to the same again.
func FuzzEnvelope(f *testing.F) {
	for _, cmd := range commands {
		b, _ := proto.Marshal(sent(f, func(e *wire.Envelope) { e.SetCommand(cmd) }))
		f.Add(b)
	}
	for _, set := range []func(*wire.Envelope){
		func(e *wire.Envelope) { e.SetOutcome(&booking, &payment) },
		func(e *wire.Envelope) { e.SetFailure(errors.New("x"), wire.Failure_PLAIN) },
		func(e *wire.Envelope) { e.SetSeatChanges(view(2, eventra.SeatHeld), &wire.ReadSeats{}) },
	} {
		b, _ := proto.Marshal(sent(f, set))
		f.Add(b)
	}
	known := view(1, eventra.SeatAvailable, eventra.SeatHeld)
	f.Fuzz(func(t *testing.T, b []byte) {
		e := &wire.Envelope{}
		if proto.Unmarshal(b, e) != nil {
			return
		}
		_, _ = e.EventID()
		if cmd, err := e.Command(); err == nil && cmd != nil {
			again, err := sent(t, func(e *wire.Envelope) { e.SetCommand(cmd) }).Command()
			require.NoError(t, err)
			require.Equal(t, cmd, again)
		}
		_, _, _ = e.GetOutcome().Decode()
		_ = e.GetFailure().Decode()
		_, _ = e.GetEventList().Decode()
		_ = e.GetAvailability().Decode(id(1))
		_, _ = e.GetSeatChanges().Apply(known)
	})
}
