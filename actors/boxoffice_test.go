package actors_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// delayedAnswers commits, and holds its answer back while the test wants that.
type delayedAnswers struct {
	actors.EventStore
	held atomic.Pointer[chan struct{}]
}

func (s *delayedAnswers) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := s.EventStore.CommitTogether(ctx, batches)
	if open := s.held.Load(); open != nil {
		<-*open
	}
	return receipts, err
}

// TestBoxOffice_ReleaseWaitsForTheEvent: a booking may have ended in the store while
// its event has not applied the commit. No caller learns of the end before seat maps
// show it.
func TestBoxOffice_ReleaseWaitsForTheEvent(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 2, 600)
	store := &delayedAnswers{EventStore: s.db}
	office, _ := s.office(store)
	b, err := s.hold(office, "A-1-1")
	require.NoError(t, err)

	open := make(chan struct{})
	store.held.Store(&open)
	released := make(chan error, 1)
	ctx := testContext(t)
	go func() {
		_, err := office.Release(ctx, b.UserID, b.ID)
		released <- err
	}()
	require.Eventually(t, func() bool {
		stored, err := s.db.Booking(context.Background(), b.ID)
		return err == nil && stored.Status == eventra.BookingCancelled
	}, 2*time.Second, time.Millisecond)
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = office.Release(soon, b.UserID, b.ID)
	require.Error(t, err, "answered before the event has applied it")

	store.held.Store(nil)
	close(open)
	again, err := office.Release(testContext(t), b.UserID, b.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = s.hold(office, "A-1-1")
	require.NoError(t, err)
	require.NoError(t, <-released)
}

// TestBoxOffice_HoldAgain: the answer to a repeated hold is the booking that the
// first attempt made, even if another booking has the seats by now.
func TestBoxOffice_HoldAgain(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 2, 600)
	office, _ := s.office(s.db)
	hold := &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{"A-1-1"}}
	ask := func(cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		return office.HoldAgain(testContext(t), s.event, cmd)
	}
	made, err := ask(hold)
	require.NoError(t, err, "the first attempt made nothing")
	require.Equal(t, eventra.BookingHeld, made.Status)
	_, err = office.Release(testContext(t), hold.UserID, hold.BookingID)
	require.NoError(t, err)
	_, err = s.hold(office, "A-1-1")
	require.NoError(t, err)

	_, err = office.Hold(testContext(t), s.event, hold)
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err))
	again, err := ask(hold)
	require.NoError(t, err)
	require.Equal(t, hold.BookingID, again.ID)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = ask(&eventra.HoldSeats{BookingID: hold.BookingID, UserID: persistencetest.NewID(), Seats: hold.Seats})
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "another user's booking")
	_, err = ask(&eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: hold.Seats})
	require.Equal(t, eventra.CodeSeatsUnavailable, eventra.CodeOf(err), "the first attempt made nothing")
}
