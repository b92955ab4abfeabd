//go:build !race

// See actors/cluster/node_test.go for why not under the race detector.

package actors_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

// member is a directory that shares the event with others.
type member struct {
	events *actors.Directory
	office *actors.BoxOffice
}

func (s *sale) member(database string) member { return s.memberOn(s.db, database) }

// memberOn is a member with a store of its own kind.
func (s *sale) memberOn(store actors.EventStore, database string) member {
	s.t.Helper()
	members, err := postgres.OpenMembers(s.t.Context(), database)
	require.NoError(s.t, err)
	s.t.Cleanup(members.Close)
	log := slog.New(slog.DiscardHandler)
	events, err := actors.NewDirectory(&actors.Dependencies{
		Store: store, Locks: s.locks, Log: log, Metrics: actors.NewMetrics(prometheus.NewRegistry()), QueueMax: 1000,
	}, cluster.Config{Listen: "127.0.0.1:0", Secrets: [][]byte{[]byte("secret")}, Members: members, Log: log})
	require.NoError(s.t, err)
	require.NoError(s.t, events.Join(s.t.Context()))
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(s.t, events.Close(ctx))
	})
	return member{events, actors.NewBoxOffice(events, s.db)}
}

// pair is the owner of the event and another member.
func (s *sale) pair() (owner, other member) { return s.pairOn(s.db) }

// pairOn is a pair with a store of its own kind.
func (s *sale) pairOn(store actors.EventStore) (owner, other member) {
	s.t.Helper()
	database := persistencetest.NewDatabase(s.t) // the members may be kept elsewhere than the seats
	one, two := s.memberOn(store, database), s.memberOn(store, database)
	for _, m := range []member{one, two} {
		require.Eventually(s.t, func() bool {
			all, err := m.events.Describe(s.t.Context())
			return err == nil && len(all.Members) == 2 && all.Members[0].Answered && all.Members[1].Answered
		}, 15*time.Second, 5*time.Millisecond)
	}
	if two.events.Node().Incarnation().Owns(s.event) {
		one, two = two, one
	}
	require.True(s.t, one.events.Node().Incarnation().Owns(s.event))
	return one, two
}

// TestBoxOffice_AnotherMember asks a member that is not the owner for everything that
// an owner can do.
func TestBoxOffice_AnotherMember(t *testing.T) {
	t.Parallel()
	s := newSale(t, 3, 10, 600)
	owner, other := s.pair()
	code := func(want eventra.Code, err error) *eventra.Error {
		t.Helper()
		require.Equal(t, want, eventra.CodeOf(err), "%v", err)
		var e *eventra.Error
		require.ErrorAs(t, err, &e)
		return e
	}

	cmd := &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{"A-1-1", "A-1-2"}}
	held, err := other.office.Hold(testContext(t), s.event, cmd)
	require.NoError(t, err)
	again, err := owner.office.Hold(testContext(t), s.event, cmd)
	require.NoError(t, err)
	require.Equal(t, again.ExpiresAt.UnixMicro(), held.ExpiresAt.UnixMicro(), "the same booking")
	require.Equal(t, again.Items, held.Items)

	_, err = s.hold(other.office, "A-1-2", "A-1-3")
	require.Equal(t, []string{"A-1-2"}, code(eventra.CodeSeatsUnavailable, err).Seats)
	_, err = s.hold(other.office, "A-9-9")
	require.Equal(t, []string{"A-9-9"}, code(eventra.CodeUnknownSeats, err).Seats)
	_, err = other.office.Hold(testContext(t), persistencetest.NewID(), &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{"A-1-1"}})
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = other.office.Hold(testContext(t), s.event, &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(),
		Best: &eventra.BestAvailable{Quantity: 2, Section: "Z"}})
	require.NotEmpty(t, code(eventra.CodeValidationFailed, err).Fields)

	pay := s.payments(other.office)
	payment, confirmed, err := pay.Pay(testContext(t), eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: held.ID, UserID: cmd.UserID, Method: "mock", Token: "tok_ok"})
	require.NoError(t, err)
	require.Equal(t, eventra.PaymentSucceeded, payment.Status)
	require.Equal(t, eventra.BookingConfirmed, confirmed.Status)
	_, _, err = pay.Pay(testContext(t), eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: held.ID, UserID: cmd.UserID, Method: "mock", Token: "tok_ok"})
	require.Equal(t, eventra.CodeAlreadyPaid, eventra.CodeOf(err))
	refunded, err := pay.Refund(testContext(t), held.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.BookingRefunded, refunded.Status)

	best, err := other.office.Hold(testContext(t), s.event, &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: cmd.UserID, Best: &eventra.BestAvailable{Quantity: 3}})
	require.NoError(t, err)
	for range 2 {
		released, err := other.office.Release(testContext(t), cmd.UserID, best.ID)
		require.NoError(t, err)
		require.Equal(t, eventra.BookingCancelled, released.Status)
	}
	_, err = other.office.Hold(testContext(t), s.event, cmd)
	require.NoError(t, err, "the first outcome, of a booking that has ended since")

	keyed := func() error {
		id := persistencetest.NewID()
		_, err := other.office.Hold(testContext(t), s.event, &eventra.HoldSeats{BookingID: id, UserID: cmd.UserID, Best: &eventra.BestAvailable{Quantity: 1},
			Attempt: &eventra.IdempotencyAttempt{Key: eventra.IdempotencyKey{UserID: cmd.UserID, Route: "POST /bookings", Key: "k"}, ResourceID: id}})
		return err
	}
	require.NoError(t, keyed())
	require.ErrorIs(t, keyed(), eventra.ErrClaimKeyFirst, "the key was written by the owner")
}

// TestDirectory_Replica: another member's replica is right after each change.
func TestDirectory_Replica(t *testing.T) {
	t.Parallel()
	s := newSale(t, 3, 10, 600)
	owner, other := s.pair()
	same := func() *eventra.SeatsView {
		t.Helper()
		want, _, err := owner.events.Seats(testContext(t), s.event)
		require.NoError(t, err)
		got, _, err := other.events.Seats(testContext(t), s.event)
		require.NoError(t, err)
		require.Equal(t, want.Version, got.Version)
		require.Equal(t, want.Status, got.Status)
		require.Equal(t, want.Changed, got.Changed)
		require.Equal(t, want.LayoutVersion, got.LayoutVersion)
		require.Equal(t, want.Layout.Seats, got.Layout.Seats)
		counted, _, err := owner.events.Availability(testContext(t), s.event)
		require.NoError(t, err)
		countedThere, _, err := other.events.Availability(testContext(t), s.event)
		require.NoError(t, err)
		require.Equal(t, counted, countedThere)
		return got
	}
	first := same()
	require.Same(t, first, same(), "nothing has changed, nothing is copied")
	_, err := s.hold(other.office, "A-1-1", "A-2-5")
	require.NoError(t, err)
	require.Same(t, first.Layout, same().Layout, "only what has changed is sent")
	_, err = s.hold(owner.office, "A-3-1")
	require.NoError(t, err)
	same()

	_, err = s.db.AddSeats(t.Context(), s.event, persistencetest.NewID(), []eventra.Seat{{Section: "B", Row: "1", Number: 1, Price: eventra.Money{Amount: 100, Currency: "EUR"}}})
	require.NoError(t, err)
	require.NoError(t, other.events.Reload(testContext(t), s.event), "the owner reloads")
	require.Len(t, same().Status, 31)
	_, err = s.hold(other.office, "B-1-1")
	require.NoError(t, err)
	same()
}

// TestDirectory_StaleSeats: an instance that is cut off shows the seats as last
// known, and that they are stale, while the next owner sells.
func TestDirectory_StaleSeats(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 10, 600)
	database := persistencetest.NewDatabase(t)
	proxy, through := persistencetest.ProxyTo(t, database)
	cut := s.member(through)
	_, err := s.hold(cut.office, "A-1-1")
	require.NoError(t, err)
	before, stale, err := cut.events.Seats(testContext(t), s.event)
	require.NoError(t, err)
	require.False(t, stale)

	proxy.Cut()
	require.Eventually(t, func() bool { return cut.events.Ready(t.Context()) != nil }, 15*time.Second, 5*time.Millisecond)
	next := s.member(database)
	_, err = s.hold(next.office, "A-1-2")
	require.NoError(t, err)
	now, stale, err := next.events.Seats(testContext(t), s.event)
	require.NoError(t, err)
	require.False(t, stale)
	require.Equal(t, eventra.SeatHeld, now.Status[1])
	old, stale, err := cut.events.Seats(testContext(t), s.event)
	require.NoError(t, err)
	require.True(t, stale)
	require.Equal(t, before.Status, old.Status)
	counts, stale, err := cut.events.Availability(testContext(t), s.event)
	require.NoError(t, err)
	require.True(t, stale)
	require.Equal(t, 9, counts.Total.Available)
}

// TestDirectory_UnknownEvent: a read of an event that the store does not have, or does not
// have any more, is told so, by the owner and by another member: a question that waits until
// nobody answers it would be told that the event is away.
func TestDirectory_UnknownEvent(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 2, 600)
	owner, other := s.pair()
	missing := func(event eventra.ID) {
		t.Helper()
		for _, events := range []*actors.Directory{owner.events, other.events} {
			_, _, err := events.Seats(testContext(t), event)
			require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err), "%v", err)
			_, _, err = events.Availability(testContext(t), event)
			require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err), "%v", err)
		}
	}
	missing(persistencetest.NewID())

	_, _, err := other.events.Seats(testContext(t), s.event)
	require.NoError(t, err)
	require.NoError(t, s.db.DeleteEvent(t.Context(), s.event))
	require.NoError(t, other.events.Reload(testContext(t), s.event))
	missing(s.event)
}

// TestDirectory_OwnerLeaves: the holds of an owner that leaves expire in time at the
// next owner.
func TestDirectory_OwnerLeaves(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 10, 5)
	owner, other := s.pair()
	held, err := s.hold(owner.office, "A-1-1")
	require.NoError(t, err)
	require.NoError(t, owner.events.Close(testContext(t)))
	_, err = s.hold(other.office, "A-1-1")
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "%v", err)
	_, err = s.hold(owner.office, "A-1-2")
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), "an instance that has left sells nothing: %v", err)
	require.Eventually(t, func() bool {
		b, err := s.db.Booking(t.Context(), held.ID)
		return err == nil && b.Status == eventra.BookingExpired
	}, 15*time.Second, 20*time.Millisecond)
}
