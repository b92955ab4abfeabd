package actors_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
)

// slowToTell commits, and keeps its answer to itself while it is asked to.
type slowToTell struct {
	actors.EventStore
	held atomic.Pointer[chan struct{}]
}

func (s *slowToTell) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := s.EventStore.CommitTogether(ctx, batches)
	if open := s.held.Load(); open != nil {
		<-*open
	}
	return receipts, err
}

// TestWhoIsToldOfAnEndFindsTheSeatsFree: a booking may have ended in the store
// while its event has not heard of it. Nobody is told so before the event tells
// everybody.
func TestWhoIsToldOfAnEndFindsTheSeatsFree(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 2, 600)
	store := &slowToTell{EventStore: h.db}
	office, _ := h.office(store)
	b, err := h.hold(office, "A-1-1")
	require.NoError(t, err)

	open := make(chan struct{})
	store.held.Store(&open)
	released := make(chan error, 1)
	ctx := within(t)
	go func() {
		_, err := office.Release(ctx, b.UserID, b.ID)
		released <- err
	}()
	require.Eventually(t, func() bool {
		stored, err := h.db.Booking(context.Background(), b.ID)
		return err == nil && stored.Status == eventra.BookingCancelled
	}, 2*time.Second, time.Millisecond)
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = office.Release(soon, b.UserID, b.ID)
	require.Error(t, err, "told before the event has heard of it")

	store.held.Store(nil)
	close(open)
	again, err := office.Release(within(t), b.UserID, b.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = h.hold(office, "A-1-1")
	require.NoError(t, err)
	require.NoError(t, <-released)
}

// TestHoldAgain: who asks again for a hold of which he was not told gets what
// was made of it, also when the seats are somebody else's by now.
func TestHoldAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 2, 600)
	office, _ := h.office(h.db)
	hold := &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: []string{"A-1-1"}}
	ask := func(cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		return office.HoldAgain(within(t), h.event, cmd)
	}
	made, err := ask(hold)
	require.NoError(t, err, "the first try came to nothing")
	require.Equal(t, eventra.BookingHeld, made.Status)
	_, err = office.Release(within(t), hold.UserID, hold.BookingID)
	require.NoError(t, err)
	_, err = h.hold(office, "A-1-1")
	require.NoError(t, err)

	_, err = office.Hold(within(t), h.event, hold)
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err))
	again, err := ask(hold)
	require.NoError(t, err)
	require.Equal(t, hold.BookingID, again.ID)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = ask(&eventra.HoldSeats{BookingID: hold.BookingID, UserID: newID(), Seats: hold.Seats})
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "somebody else's booking")
	_, err = ask(&eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: hold.Seats})
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "nothing was made of this one")
}
