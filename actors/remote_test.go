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

// member is a directory that shares the house's events with others.
type member struct {
	events *actors.Directory
	office *actors.BoxOffice
}

func (h *house) member(database string) member {
	h.t.Helper()
	members, err := postgres.OpenMembers(h.t.Context(), database)
	require.NoError(h.t, err)
	h.t.Cleanup(members.Close)
	log := slog.New(slog.DiscardHandler)
	events, err := actors.OpenDirectory(&actors.Dependencies{
		Store: h.db, Locks: h.locks, Log: log, Metrics: actors.NewMetrics(prometheus.NewRegistry()), QueueMax: 1000,
	}, cluster.Config{Listen: "127.0.0.1:0", Secret: []byte("secret"), Members: members, Log: log})
	require.NoError(h.t, err)
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(h.t, events.Close(ctx))
	})
	return member{events, actors.NewBoxOffice(events, h.db)}
}

// pair is the owner of the house's event and another member.
func (h *house) pair() (owner, other member) {
	h.t.Helper()
	database := persistencetest.NewDatabase(h.t) // the members may be kept elsewhere than the seats
	one, two := h.member(database), h.member(database)
	for _, m := range []member{one, two} {
		require.Eventually(h.t, func() bool {
			all, err := m.events.Describe(h.t.Context())
			return err == nil && len(all.Members) == 2 && all.Members[0].Answered && all.Members[1].Answered
		}, 15*time.Second, 5*time.Millisecond)
	}
	if two.events.Owns(h.event) {
		one, two = two, one
	}
	require.True(h.t, one.events.Owns(h.event))
	return one, two
}

// TestTheStoryAtAnotherMember: everything that the owner can do can be asked
// of a member that is not the owner.
func TestTheStoryAtAnotherMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3, 10, 600)
	owner, other := h.pair()
	code := func(want eventra.Code, err error) *eventra.Error {
		t.Helper()
		require.Equal(t, want, eventra.CodeOf(err), "%v", err)
		var e *eventra.Error
		require.ErrorAs(t, err, &e)
		return e
	}

	cmd := &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: []string{"A-1-1", "A-1-2"}}
	held, err := other.office.Hold(within(t), h.event, cmd)
	require.NoError(t, err)
	again, err := owner.office.Hold(within(t), h.event, cmd)
	require.NoError(t, err)
	require.Equal(t, again.ExpiresAt.UnixMicro(), held.ExpiresAt.UnixMicro(), "the same booking")
	require.Equal(t, again.Seats, held.Seats)

	_, err = h.hold(other.office, "A-1-2", "A-1-3")
	require.Equal(t, []string{"A-1-2"}, code(eventra.CodeSeatsUnavailable, err).Seats)
	_, err = h.hold(other.office, "A-9-9")
	require.Equal(t, []string{"A-9-9"}, code(eventra.CodeUnknownSeats, err).Seats)
	_, err = other.office.Hold(within(t), newID(), &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: []string{"A-1-1"}})
	code(eventra.CodeEventNotFound, err)
	_, err = other.office.Hold(within(t), h.event, &eventra.HoldSeats{BookingID: newID(), UserID: newID(),
		Best: &eventra.BestAvailable{Quantity: 2, Section: "Z"}})
	require.NotEmpty(t, code(eventra.CodeValidationFailed, err).Fields)

	pay := h.payments(other.office)
	payment, confirmed, err := pay.Pay(within(t), eventra.PaymentRequest{PaymentID: newID(), BookingID: held.ID, UserID: cmd.UserID, Method: "mock", Token: "tok_ok"})
	require.NoError(t, err)
	require.Equal(t, eventra.PaymentSucceeded, payment.Status)
	require.Equal(t, eventra.BookingConfirmed, confirmed.Status)
	_, _, err = pay.Pay(within(t), eventra.PaymentRequest{PaymentID: newID(), BookingID: held.ID, UserID: cmd.UserID, Method: "mock", Token: "tok_ok"})
	code(eventra.CodeAlreadyPaid, err)
	refunded, err := pay.Refund(within(t), held.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.BookingRefunded, refunded.Status)

	best, err := other.office.Hold(within(t), h.event, &eventra.HoldSeats{BookingID: newID(), UserID: cmd.UserID, Best: &eventra.BestAvailable{Quantity: 3}})
	require.NoError(t, err)
	for range 2 {
		released, err := other.office.Release(within(t), cmd.UserID, best.ID)
		require.NoError(t, err)
		require.Equal(t, eventra.BookingCancelled, released.Status)
	}
	_, err = other.office.Hold(within(t), h.event, cmd)
	require.NoError(t, err, "the first outcome, of a booking that has ended since")
}

// TestSeatMapsAtAnotherMember: the copy of another member is right after each
// change.
func TestSeatMapsAtAnotherMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3, 10, 600)
	owner, other := h.pair()
	same := func() *eventra.SeatsView {
		t.Helper()
		want, _, err := owner.events.Seats(within(t), h.event)
		require.NoError(t, err)
		got, _, err := other.events.Seats(within(t), h.event)
		require.NoError(t, err)
		require.Equal(t, want.Version, got.Version)
		require.Equal(t, want.Status, got.Status)
		require.Equal(t, want.Changed, got.Changed)
		require.Equal(t, want.Layout.Seats, got.Layout.Seats)
		counted, _, err := owner.events.Availability(within(t), h.event)
		require.NoError(t, err)
		countedThere, _, err := other.events.Availability(within(t), h.event)
		require.NoError(t, err)
		require.Equal(t, counted, countedThere)
		return got
	}
	first := same()
	require.Same(t, first, same(), "nothing has changed, nothing is copied")
	_, err := h.hold(other.office, "A-1-1", "A-2-5")
	require.NoError(t, err)
	require.Same(t, first.Layout, same().Layout, "only what has changed comes over")
	_, err = h.hold(owner.office, "A-3-1")
	require.NoError(t, err)
	same()

	_, err = h.db.AddSeats(t.Context(), h.event, []eventra.Seat{{Section: "B", Row: "1", Number: 1, Price: eventra.Money{Amount: 100, Currency: "EUR"}}})
	require.NoError(t, err)
	require.NoError(t, other.events.Reload(within(t), h.event), "the owner reads the house anew")
	require.Len(t, same().Status, 31)
	_, err = h.hold(other.office, "B-1-1")
	require.NoError(t, err)
	same()
}

// TestWhoIsCutOffSaysThatItsMapIsOld: it shows what it knew last, while the next
// owner sells.
func TestWhoIsCutOffSaysThatItsMapIsOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 10, 600)
	database := persistencetest.NewDatabase(t)
	proxy, through := persistencetest.ProxyTo(t, database)
	cut := h.member(through)
	_, err := h.hold(cut.office, "A-1-1")
	require.NoError(t, err)
	before, last, err := cut.events.Seats(within(t), h.event)
	require.NoError(t, err)
	require.False(t, last)

	proxy.Cut()
	require.Eventually(t, func() bool { return cut.events.Ready(t.Context()) != nil }, 15*time.Second, 5*time.Millisecond)
	next := h.member(database)
	_, err = h.hold(next.office, "A-1-2")
	require.NoError(t, err)
	now, last, err := next.events.Seats(within(t), h.event)
	require.NoError(t, err)
	require.False(t, last)
	require.Equal(t, eventra.SeatHeld, now.Status[1])
	old, last, err := cut.events.Seats(within(t), h.event)
	require.NoError(t, err)
	require.True(t, last)
	require.Equal(t, before.Status, old.Status)
	counts, last, err := cut.events.Availability(within(t), h.event)
	require.NoError(t, err)
	require.True(t, last)
	require.Equal(t, 9, counts.Total.Available)
}

// TestTheOwnerLeaves: its holds live on at the next owner, which ends them in
// time.
func TestTheOwnerLeaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 10, 5)
	owner, other := h.pair()
	held, err := h.hold(owner.office, "A-1-1")
	require.NoError(t, err)
	require.NoError(t, owner.events.Close(within(t)))
	_, err = h.hold(other.office, "A-1-1")
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "%v", err)
	_, err = h.hold(owner.office, "A-1-2")
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), "who has left sells nothing: %v", err)
	require.Eventually(t, func() bool {
		b, err := h.db.Booking(t.Context(), held.ID)
		return err == nil && b.Status == eventra.BookingExpired
	}, 15*time.Second, 20*time.Millisecond)
}
