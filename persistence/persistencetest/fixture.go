package persistencetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// Holds of tests last longHold, or have ended before they begin: the store's clock
// decides, and with a negative hold the suite need not wait.
const (
	longHold = 10 * time.Minute
	pastHold = -time.Second
	grace    = time.Minute
)

// fixture is one event in a store, under one activation.
type fixture struct {
	t       *testing.T
	store   EventStore
	event   *eventra.Event
	user    *eventra.User
	seats   []eventra.Seat
	epoch   int64
	version uint64
}

func newFixture(t *testing.T, store EventStore) *fixture {
	t.Helper()
	f := &fixture{t: t, store: store, event: NewEvent(), user: NewUser(), seats: NewSeats(40)}
	require.NoError(t, store.CreateUser(t.Context(), f.user))
	require.NoError(t, store.PutTerms(t.Context(), f.event))
	total, err := store.AddSeats(t.Context(), f.event.ID, NewID(), f.seats)
	require.NoError(t, err)
	require.Equal(t, len(f.seats), total)
	f.activate()
	return f
}

// activate takes a new epoch and checks that the stored rows are consistent.
func (f *fixture) activate() *eventra.Snapshot {
	f.t.Helper()
	snapshot, err := f.store.Activate(f.t.Context(), f.event.ID)
	require.NoError(f.t, err)
	seats, err := eventra.NewSeatMap(snapshot)
	require.NoError(f.t, err, "the stored rows contradict each other")
	f.epoch, f.version = snapshot.Epoch, seats.Version()
	return snapshot
}

// booking is a booking of seats by their numbers, as the core would make it.
func (f *fixture) booking(nos ...eventra.SeatNo) *eventra.Booking {
	b := &eventra.Booking{ID: NewID(), EventID: f.event.ID, UserID: f.user.ID, Status: eventra.BookingHeld}
	for _, no := range nos {
		b.Items = append(b.Items, eventra.NewItem(no, &f.seats[no], f.seats[no].Section))
		b.Total.Amount += f.seats[no].Price.Amount
		b.Total.Currency = f.seats[no].Price.Currency
	}
	return b
}

func (f *fixture) batch(hold time.Duration, changes ...*eventra.Change) *eventra.Batch {
	f.version++
	return &eventra.Batch{EventID: f.event.ID, Epoch: f.epoch, Version: f.version, Hold: hold, CustomerLimit: f.event.CustomerLimit(), Changes: changes}
}

func (f *fixture) commit(changes ...*eventra.Change) (eventra.Receipt, error) {
	return f.store.Commit(f.t.Context(), f.batch(longHold, changes...))
}

// must commits changes and requires the store to refuse none of them.
func (f *fixture) must(changes ...*eventra.Change) eventra.Receipt {
	f.t.Helper()
	receipt, err := f.commit(changes...)
	require.NoError(f.t, err)
	require.Nil(f.t, receipt.Refused)
	return receipt
}

// hold commits a hold of the seats.
func (f *fixture) hold(length time.Duration, nos ...eventra.SeatNo) *eventra.Booking {
	f.t.Helper()
	b := f.booking(nos...)
	receipt, err := f.store.Commit(f.t.Context(), f.batch(length, &eventra.Change{Kind: eventra.Held, Booking: b}))
	require.NoError(f.t, err)
	b.CreatedAt, b.ExpiresAt, b.Reference = receipt.At, receipt.At.Add(length), receipt.References[0]
	return b
}

// pay starts a payment with the grace.
func (f *fixture) pay(b *eventra.Booking, grace time.Duration) *eventra.Payment {
	f.t.Helper()
	c := f.paying(b, grace)
	f.must(c)
	return c.Payment
}

func (f *fixture) paying(b *eventra.Booking, grace time.Duration) *eventra.Change {
	p := &eventra.Payment{ID: NewID(), BookingID: b.ID, EventID: b.EventID, UserID: b.UserID, Method: "mock",
		Amount: b.Total, Status: eventra.PaymentPending}
	return &eventra.Change{Kind: eventra.PaymentStarted, Booking: b, Payment: p, Grace: grace}
}

// bought makes a booking that was held, paid and confirmed.
func (f *fixture) bought(nos ...eventra.SeatNo) (*eventra.Booking, *eventra.Payment) {
	f.t.Helper()
	b := f.hold(longHold, nos...)
	p := f.pay(b, grace)
	f.must(confirmed(b, p))
	return b, p
}

// missed makes a booking that expired while its payment, begun in time, was
// running.
func (f *fixture) missed(nos ...eventra.SeatNo) (*eventra.Booking, *eventra.Payment) {
	f.t.Helper()
	b := f.hold(shortHold, nos...)
	p := f.pay(b, -time.Second)
	f.eventually(func() bool {
		receipt, err := f.commit(change(eventra.Expired, b))
		require.NoError(f.t, err)
		return receipt.Refused == nil
	})
	return b, p
}

// shortHold is long enough for a payment to begin.
const shortHold = 250 * time.Millisecond

// eventually calls condition, on the test's goroutine, until it is true.
func (f *fixture) eventually(condition func() bool) {
	f.t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(10 * time.Second); !condition(); <-ticker.C {
		require.True(f.t, time.Now().Before(deadline), "it did not happen in time")
	}
}

func change(kind eventra.ChangeKind, b *eventra.Booking) *eventra.Change {
	return &eventra.Change{Kind: kind, Booking: b}
}

func confirmed(b *eventra.Booking, p *eventra.Payment) *eventra.Change {
	return paymentChange(eventra.Confirmed, b, p, eventra.PaymentSucceeded)
}

func paymentChange(kind eventra.ChangeKind, b *eventra.Booking, p *eventra.Payment, status eventra.PaymentStatus) *eventra.Change {
	ended := *p
	ended.Status = status
	return &eventra.Change{Kind: kind, Booking: b, Payment: &ended}
}

func (f *fixture) requireStatus(b *eventra.Booking, want eventra.BookingStatus) *eventra.Booking {
	f.t.Helper()
	stored, err := f.store.Booking(f.t.Context(), b.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, want, stored.Status)
	return stored
}

func (f *fixture) requirePayment(p *eventra.Payment, want eventra.PaymentStatus) *eventra.Payment {
	f.t.Helper()
	stored, err := f.store.Payment(f.t.Context(), p.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, want, stored.Status)
	return stored
}

// requireSeat checks one seat as the next activation finds it.
func (f *fixture) requireSeat(no eventra.SeatNo, status eventra.SeatStatus, b *eventra.Booking) {
	f.t.Helper()
	state := f.activate().States[no]
	require.Equal(f.t, status, state.Status)
	if b != nil {
		require.Equal(f.t, b.ID, state.Booking)
	} else {
		require.Zero(f.t, state.Booking)
	}
}

func (f *fixture) requireGone(b *eventra.Booking) {
	f.t.Helper()
	_, err := f.store.Booking(f.t.Context(), b.ID)
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))
}
