package persistencetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// EventStore is what the suite needs of an implementation: the sale itself,
// and what shows its effects.
type EventStore interface {
	PutTerms(ctx context.Context, e *eventra.Event) error
	AddSeats(ctx context.Context, eventID eventra.ID, seats []eventra.Seat) (int, error)
	DeleteEvent(ctx context.Context, id eventra.ID) error
	SeatsTotal(ctx context.Context, id eventra.ID) (int, error)

	Activate(ctx context.Context, eventID eventra.ID) (*eventra.Snapshot, error)
	Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error)
	CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error)
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	UserBookings(ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	EventsWithHoldsDue(ctx context.Context, ahead time.Duration, limit int) ([]eventra.ID, error)

	Payment(ctx context.Context, id eventra.ID) (*eventra.Payment, error)
	BookingPayments(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Payment, *eventra.Cursor, error)
	OpenPayments(ctx context.Context, refundAge time.Duration, limit int) ([]eventra.Payment, error)
	MarkRefunded(ctx context.Context, id eventra.ID) error

	CreateUser(ctx context.Context, u *eventra.User) error
	Due(ctx context.Context, limit int, lease time.Duration) ([]eventra.ID, error)
	Mail(ctx context.Context, bookingID eventra.ID) (*eventra.TicketMail, bool, error)
	MarkSent(ctx context.Context, bookingID eventra.ID) error
}

// Holds of tests last longHold, or are over before they begin. A negative hold
// spares the suite every wait: the store's clock decides, not the test's.
const (
	longHold = 10 * time.Minute
	pastHold = -time.Second
	grace    = time.Minute
)

// NewID makes an id as the program does.
func NewID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

// NewUser is a user with an address of his own.
func NewUser() *eventra.User {
	id := NewID()
	return &eventra.User{ID: id, Email: id.String() + "@example.org", Name: "Ada", Role: eventra.RoleUser,
		PasswordHash: []byte("not a hash"), CreatedAt: time.Now().UTC().Truncate(time.Microsecond)}
}

// NewEvent is a published event on sale.
func NewEvent() *eventra.Event {
	starts := time.Date(2030, 5, 1, 19, 30, 0, 0, time.UTC)
	return &eventra.Event{
		ID: NewID(), Title: "Night of the Proms", StartsAt: starts, EndsAt: starts.Add(3 * time.Hour), Version: 1,
		Venue: eventra.Venue{Name: "Arena", City: "Berlin", Country: "DE", Timezone: "Europe/Berlin"},
		Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: int(longHold / time.Second), MaxSeatsPerBooking: 10},
	}
}

// NewSeats are n seats of one section, in rows of 20.
func NewSeats(n int) []eventra.Seat {
	rows := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	seats := make([]eventra.Seat, n)
	for i := range seats {
		seats[i] = eventra.Seat{Section: "S" + rows[i/200%10], Row: rows[i/20%10], Number: i/2000*20 + i%20 + 1,
			Price: eventra.Money{Amount: int64(1000 + i%7), Currency: "EUR"}}
	}
	return seats
}

// world is one event in a store, under one activation.
type world struct {
	t       *testing.T
	store   EventStore
	event   *eventra.Event
	user    *eventra.User
	seats   []eventra.Seat
	epoch   int64
	version uint64
}

func newWorld(t *testing.T, store EventStore) *world {
	t.Helper()
	w := &world{t: t, store: store, event: NewEvent(), user: NewUser(), seats: NewSeats(40)}
	require.NoError(t, store.CreateUser(t.Context(), w.user))
	require.NoError(t, store.PutTerms(t.Context(), w.event))
	total, err := store.AddSeats(t.Context(), w.event.ID, w.seats)
	require.NoError(t, err)
	require.Equal(t, len(w.seats), total)
	w.activate()
	return w
}

// activate takes a new epoch and checks that what is stored makes sense.
func (w *world) activate() *eventra.Snapshot {
	w.t.Helper()
	snapshot, err := w.store.Activate(w.t.Context(), w.event.ID)
	require.NoError(w.t, err)
	seats, err := eventra.NewSeatMap(snapshot)
	require.NoError(w.t, err, "the stored rows contradict each other")
	w.epoch, w.version = snapshot.Epoch, seats.Version()
	return snapshot
}

// booking is a booking of seats by their numbers, as the core would make it.
func (w *world) booking(nos ...eventra.SeatNo) *eventra.Booking {
	b := &eventra.Booking{ID: NewID(), EventID: w.event.ID, UserID: w.user.ID, Status: eventra.BookingHeld}
	for _, no := range nos {
		b.Seats = append(b.Seats, eventra.BookedSeat{No: no, Seat: w.seats[no]})
		b.Total.Amount += w.seats[no].Price.Amount
		b.Total.Currency = w.seats[no].Price.Currency
	}
	return b
}

func (w *world) batch(hold time.Duration, changes ...*eventra.Change) *eventra.Batch {
	w.version++
	return &eventra.Batch{EventID: w.event.ID, Epoch: w.epoch, Version: w.version, Hold: hold, Changes: changes}
}

func (w *world) commit(changes ...*eventra.Change) (eventra.Receipt, error) {
	return w.store.Commit(w.t.Context(), w.batch(longHold, changes...))
}

// must commits changes of which the store refuses none.
func (w *world) must(changes ...*eventra.Change) eventra.Receipt {
	w.t.Helper()
	receipt, err := w.commit(changes...)
	require.NoError(w.t, err)
	require.Nil(w.t, receipt.Refused)
	return receipt
}

// hold commits a hold of the seats.
func (w *world) hold(length time.Duration, nos ...eventra.SeatNo) *eventra.Booking {
	w.t.Helper()
	b := w.booking(nos...)
	receipt, err := w.store.Commit(w.t.Context(), w.batch(length, &eventra.Change{Kind: eventra.Held, Booking: b}))
	require.NoError(w.t, err)
	b.CreatedAt, b.ExpiresAt = receipt.At, receipt.At.Add(length)
	return b
}

// pay starts a payment whose grace is as given.
func (w *world) pay(b *eventra.Booking, grace time.Duration) *eventra.Payment {
	w.t.Helper()
	c := w.paying(b, grace)
	w.must(c)
	return c.Payment
}

func (w *world) paying(b *eventra.Booking, grace time.Duration) *eventra.Change {
	p := &eventra.Payment{ID: NewID(), BookingID: b.ID, EventID: b.EventID, UserID: b.UserID, Method: "mock",
		Amount: b.Total, Status: eventra.PaymentPending}
	return &eventra.Change{Kind: eventra.PaymentStarted, Booking: b, Payment: p, Grace: grace}
}

// bought is a booking that has been held, paid and confirmed.
func (w *world) bought(nos ...eventra.SeatNo) (*eventra.Booking, *eventra.Payment) {
	w.t.Helper()
	b := w.hold(longHold, nos...)
	p := w.pay(b, grace)
	w.must(confirmed(b, p))
	return b, p
}

// missed is a booking whose payment began in time and was left behind by the
// hold's end.
func (w *world) missed(nos ...eventra.SeatNo) (*eventra.Booking, *eventra.Payment) {
	w.t.Helper()
	b := w.hold(shortHold, nos...)
	p := w.pay(b, -time.Second)
	w.eventually(func() bool {
		receipt, err := w.commit(change(eventra.Expired, b))
		require.NoError(w.t, err)
		return receipt.Refused == nil
	})
	return b, p
}

// shortHold leaves a payment time to begin.
const shortHold = 250 * time.Millisecond

func (w *world) eventually(f func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !f() {
		require.True(w.t, time.Now().Before(deadline), "it did not happen in time")
		time.Sleep(time.Millisecond)
	}
}

func change(kind eventra.ChangeKind, b *eventra.Booking) *eventra.Change {
	return &eventra.Change{Kind: kind, Booking: b}
}

func confirmed(b *eventra.Booking, p *eventra.Payment) *eventra.Change {
	return paymentChange(eventra.Confirmed, b, p, eventra.PaymentSucceeded)
}

func paymentChange(kind eventra.ChangeKind, b *eventra.Booking, p *eventra.Payment, status eventra.PaymentStatus) *eventra.Change {
	told := *p
	told.Status = status
	return &eventra.Change{Kind: kind, Booking: b, Payment: &told}
}

func (w *world) requireStatus(b *eventra.Booking, want eventra.BookingStatus) *eventra.Booking {
	w.t.Helper()
	stored, err := w.store.Booking(w.t.Context(), b.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, want, stored.Status)
	return stored
}

func (w *world) requirePayment(p *eventra.Payment, want eventra.PaymentStatus) *eventra.Payment {
	w.t.Helper()
	stored, err := w.store.Payment(w.t.Context(), p.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, want, stored.Status)
	return stored
}

// requireSeat checks one seat as the next activation finds it.
func (w *world) requireSeat(no eventra.SeatNo, status eventra.SeatStatus, b *eventra.Booking) {
	w.t.Helper()
	state := w.activate().States[no]
	require.Equal(w.t, status, state.Status)
	if b != nil {
		require.Equal(w.t, b.ID, state.Booking)
	} else {
		require.Zero(w.t, state.Booking)
	}
}

func (w *world) requireGone(b *eventra.Booking) {
	w.t.Helper()
	_, err := w.store.Booking(w.t.Context(), b.ID)
	require.Equal(w.t, eventra.CodeNotFound, eventra.CodeOf(err))
}
