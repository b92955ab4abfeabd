package persistencetest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// BackOfficeStore is what the suite needs of an implementation.
type BackOfficeStore interface {
	EventStore
	SearchBookings(ctx context.Context, s eventra.BookingSearch, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	BookingRecord(ctx context.Context, id eventra.ID) (*eventra.BookingRecord, error)
	CustomersByID(ctx context.Context, ids []eventra.ID) (map[eventra.ID]eventra.Customer, error)
	ExportAccount(ctx context.Context, userID eventra.ID, limit int) (*eventra.AccountExport, error)
	EventReport(ctx context.Context, eventID eventra.ID) (*eventra.EventReport, error)
	SeatHistory(ctx context.Context, eventID eventra.ID, seat eventra.Seat, at time.Time, p eventra.Page) ([]eventra.SeatUse, *eventra.Cursor, error)
}

// RunBookingSearch checks how bookings are found. The store must be this test's alone.
func RunBookingSearch(t *testing.T, store BackOfficeStore) {
	f, other := newFixture(t, store), newFixture(t, store)
	held := f.hold(longHold, 0)
	bought, _ := f.bought(1, 2)
	theirs := other.hold(longHold, 0)
	released := f.hold(longHold, 3)
	f.must(change(eventra.Released, released))
	again := f.hold(longHold, 3)
	expired := f.hold(pastHold, 4)
	f.must(change(eventra.Expired, expired))
	refunded, _ := f.bought(5)
	f.must(change(eventra.Refunded, refunded))
	seat := func(no eventra.SeatNo) *eventra.Seat { return &f.seats[no] }
	event, nobody := f.event.ID, eventra.Seat{Section: "Z", Row: "1", Number: 1}

	for name, c := range map[string]struct {
		search eventra.BookingSearch
		want   []*eventra.Booking
	}{
		"all":                           {eventra.BookingSearch{}, []*eventra.Booking{refunded, expired, again, released, theirs, bought, held}},
		"by event":                      {eventra.BookingSearch{EventID: event}, []*eventra.Booking{refunded, expired, again, released, bought, held}},
		"by another event":              {eventra.BookingSearch{EventID: other.event.ID}, []*eventra.Booking{theirs}},
		"by an unknown event":           {eventra.BookingSearch{EventID: NewID()}, nil},
		"by status":                     {eventra.BookingSearch{Status: eventra.BookingHeld}, []*eventra.Booking{again, theirs, held}},
		"by event and status":           {eventra.BookingSearch{EventID: event, Status: eventra.BookingHeld}, []*eventra.Booking{again, held}},
		"by address":                    {eventra.BookingSearch{Email: other.user.Email}, []*eventra.Booking{theirs}},
		"by address and status":         {eventra.BookingSearch{Email: f.user.Email, Status: eventra.BookingRefunded}, []*eventra.Booking{refunded}},
		"by address and event":          {eventra.BookingSearch{Email: f.user.Email, EventID: other.event.ID}, nil},
		"by an unknown address":         {eventra.BookingSearch{Email: "nobody@example.org"}, nil},
		"by seat":                       {eventra.BookingSearch{EventID: event, Seat: seat(3)}, []*eventra.Booking{again, released}},
		"by a seat of a booking of two": {eventra.BookingSearch{EventID: event, Seat: seat(2)}, []*eventra.Booking{bought}},
		"by a free seat":                {eventra.BookingSearch{EventID: event, Seat: seat(9)}, nil},
		"by an unknown seat":            {eventra.BookingSearch{EventID: event, Seat: &nobody}, nil},
		"by seat and status":            {eventra.BookingSearch{EventID: event, Seat: seat(3), Status: eventra.BookingCancelled}, []*eventra.Booking{released}},
		"by seat and address":           {eventra.BookingSearch{EventID: event, Seat: seat(3), Email: f.user.Email}, []*eventra.Booking{again, released}},
		"by seat and another address":   {eventra.BookingSearch{EventID: event, Seat: seat(3), Email: other.user.Email}, nil},
		"by time":                       {eventra.BookingSearch{From: bought.CreatedAt, To: again.CreatedAt}, []*eventra.Booking{released, theirs, bought}},
		"by event and time":             {eventra.BookingSearch{EventID: event, From: bought.CreatedAt, To: again.CreatedAt}, []*eventra.Booking{released, bought}},
		"by seat and time":              {eventra.BookingSearch{EventID: event, Seat: seat(3), From: again.CreatedAt}, []*eventra.Booking{again}},
		"by address and time":           {eventra.BookingSearch{Email: f.user.Email, To: bought.CreatedAt}, []*eventra.Booking{held}},
		"by reference":                  {eventra.BookingSearch{Reference: bought.Reference}, []*eventra.Booking{bought}},
		"by reference and event":        {eventra.BookingSearch{Reference: bought.Reference, EventID: event, Email: f.user.Email, Status: eventra.BookingConfirmed}, []*eventra.Booking{bought}},
		"by reference, another status":  {eventra.BookingSearch{Reference: bought.Reference, Status: eventra.BookingHeld}, nil},
		"by reference, another event":   {eventra.BookingSearch{Reference: bought.Reference, EventID: other.event.ID}, nil},
		"by reference, another address": {eventra.BookingSearch{Reference: bought.Reference, Email: other.user.Email}, nil},
		"by reference, another time":    {eventra.BookingSearch{Reference: bought.Reference, To: bought.CreatedAt}, nil},
		"by a reference of none":        {eventra.BookingSearch{Reference: eventra.ReferenceMax}, nil},
		"by a time of none":             {eventra.BookingSearch{From: held.CreatedAt.Add(time.Hour)}, nil},
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			requireListed(t, store, name+", "+strconv.Itoa(limit)+" a page", c.search, limit, c.want)
		}
	}
}

// requireListed reads a list page by page. The bookings are those that single reads find.
func requireListed(t *testing.T, store BackOfficeStore, name string, s eventra.BookingSearch, limit int, want []*eventra.Booking) {
	t.Helper()
	page := eventra.Page{Limit: limit}
	for {
		found, next, err := store.SearchBookings(t.Context(), s, page)
		require.NoError(t, err, name)
		require.LessOrEqual(t, len(found), limit, name)
		require.GreaterOrEqual(t, len(want), len(found), name)
		for i, b := range found {
			stored, err := store.Booking(t.Context(), want[i].ID)
			require.NoError(t, err)
			require.Equal(t, stored, b, name)
		}
		want = want[len(found):]
		if next == nil {
			break
		}
		page.Cursor = next
	}
	require.Empty(t, want, name)
}

// RunBookingRecord checks what is known about one booking.
func RunBookingRecord(t *testing.T, store BackOfficeStore) {
	f := newFixture(t, store)
	_, err := store.BookingRecord(t.Context(), NewID())
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))

	b := f.hold(longHold, 0, 1)
	declined := f.pay(b, grace)
	f.must(paymentChange(eventra.PaymentEnded, b, declined, eventra.PaymentDeclined))
	record := f.record(store, b)
	require.Zero(t, record.ConfirmedAt)
	require.Empty(t, record.Mails)
	require.Equal(t, []eventra.BookingStepKind{"HELD", eventra.StepPaymentStarted, eventra.StepPaymentEnded}, stepKinds(record))

	p := f.pay(b, grace)
	f.must(confirmed(b, p))
	record = f.record(store, b)
	require.False(t, record.ConfirmedAt.IsZero())
	require.Zero(t, record.EndedAt)
	require.Len(t, record.Payments, 2)
	require.Equal(t, []eventra.PaymentStatus{eventra.PaymentDeclined, eventra.PaymentSucceeded}, []eventra.PaymentStatus{record.Payments[0].Status, record.Payments[1].Status})
	require.Len(t, record.Mails, 1)
	require.Equal(t, eventra.MailTickets, record.Mails[0].Kind)
	require.Zero(t, record.Mails[0].EndedAt)
	require.NoError(t, store.MarkSent(t.Context(), eventra.Tickets(b.ID)))
	require.False(t, f.record(store, b).Mails[0].EndedAt.IsZero())

	f.must(change(eventra.Refunded, b))
	record = f.record(store, b)
	require.False(t, record.EndedAt.IsZero())
	kinds := stepKinds(record)
	require.Equal(t, []eventra.BookingStepKind{"HELD", eventra.StepPaymentStarted, eventra.StepPaymentEnded, eventra.StepPaymentStarted, "CONFIRMED"}, kinds[:5])
	require.ElementsMatch(t, []eventra.BookingStepKind{eventra.StepPaymentEnded, eventra.StepRefundStarted, "REFUNDED"}, kinds[5:])
	require.Len(t, record.Refunds, 1)

	found, err := store.CustomersByID(t.Context(), []eventra.ID{f.user.ID, NewID(), f.user.ID})
	require.NoError(t, err)
	require.Equal(t, map[eventra.ID]eventra.Customer{f.user.ID: {ID: f.user.ID, Kind: eventra.CustomerUser, Email: f.user.Email, Name: f.user.Name}}, found)
	exportedAsRecorded(f, store)
}

// exportedAsRecorded: an export has of a booking what its record has.
func exportedAsRecorded(f *fixture, store BackOfficeStore) {
	b, p := f.bought(2)
	b.PaymentID = p.ID
	part := f.refund(b, 1, 1)
	f.must(part)
	record := f.record(store, b)
	require.Len(f.t, record.Mails, 2)
	require.Equal(f.t, []any{eventra.MailRefunded, part.Refund.ID}, []any{record.Mails[1].Kind, record.Mails[1].About})
	export, err := store.ExportAccount(f.t.Context(), f.user.ID, 1)
	require.NoError(f.t, err)
	require.Len(f.t, export.Bookings, 1)
	require.Equal(f.t, []any{record.Booking, record.Payments, record.Mails},
		[]any{export.Bookings[0].Booking, export.Bookings[0].Payments, export.Bookings[0].Mails})
}

func (f *fixture) record(store BackOfficeStore, b *eventra.Booking) *eventra.BookingRecord {
	f.t.Helper()
	record, err := store.BookingRecord(f.t.Context(), b.ID)
	require.NoError(f.t, err)
	stored, err := store.Booking(f.t.Context(), b.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, stored, record.Booking)
	return record
}

func stepKinds(record *eventra.BookingRecord) (kinds []eventra.BookingStepKind) {
	for _, step := range record.History() {
		kinds = append(kinds, step.Kind)
	}
	return kinds
}
