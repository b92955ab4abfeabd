package actors_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// TestBoxOffice_TwoActivations sells one event from two directories at once, as
// happens when membership splits: each takes the event from the other again and
// again.
func TestBoxOffice_TwoActivations(t *testing.T) {
	t.Parallel()
	s := newSale(t, 10, 10, 600)
	one, oneEvents := s.office(s.db)
	two, twoEvents := s.office(s.db)
	for _, events := range []*actors.Directory{oneEvents, twoEvents} { // both believe from the start that they own it
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, _, err := events.Availability(ctx, s.event)
		cancel()
		require.NoError(t, err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	owner := map[string]eventra.ID{}
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(worker)))
			office := []*actors.BoxOffice{one, two}[worker%2]
			for range 15 {
				row, first := 1+r.IntN(10), 1+r.IntN(9)
				b, err := s.hold(office, fmt.Sprintf("A-%d-%d", row, first), fmt.Sprintf("A-%d-%d", row, first+1))
				if code := eventra.CodeOf(err); err != nil && code != eventra.CodeSeatsUnavailable && code != eventra.CodeUnavailable {
					t.Errorf("hold: %v", err)
				}
				if err != nil {
					continue
				}
				mu.Lock()
				for _, name := range b.SeatNames() {
					if other, taken := owner[name]; taken {
						t.Errorf("seat %s is in %v and %v", name, other, b.ID)
					}
					owner[name] = b.ID
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	stored := s.stored()
	require.Greater(t, stored.Epoch, int64(4), "the event went back and forth")
	held := map[string]eventra.ID{}
	for i, state := range stored.States {
		if state.Status != eventra.SeatAvailable {
			held[stored.Seats[i].Name()] = state.Booking
		}
	}
	for seat, booking := range owner {
		require.Equal(t, booking, held[seat], "a promised seat is held: %s", seat)
	}
}

// TestBoxOffice_OwnerBehindTheStore: an owner that does not know a booking, because
// another activation has made it since, reloads.
func TestBoxOffice_OwnerBehindTheStore(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 10, 600)
	behind, events := s.office(s.db)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, end := range []func(*eventra.Booking) (eventra.BookingStatus, error){
		func(b *eventra.Booking) (eventra.BookingStatus, error) {
			released, err := behind.Release(ctx, b.UserID, b.ID)
			if err != nil {
				return "", err
			}
			return released.Status, nil
		},
		func(b *eventra.Booking) (eventra.BookingStatus, error) {
			_, paid, err := s.payments(behind).Pay(ctx, eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"})
			if err != nil {
				return "", err
			}
			return paid.Status, nil
		},
	} {
		_, _, err := events.Availability(ctx, s.event)
		require.NoError(t, err)
		ahead, _ := s.office(s.db)
		held, err := s.hold(ahead, "A-1-1")
		require.NoError(t, err)
		status, err := end(held)
		require.NoError(t, err)
		require.Contains(t, []eventra.BookingStatus{eventra.BookingCancelled, eventra.BookingConfirmed}, status)
	}
}

// failingStore is a store whose commits fail in every way that a commit can fail,
// half of them after they were carried out.
type failingStore struct {
	actors.EventStore
	n atomic.Int64
}

func (s *failingStore) Commit(ctx context.Context, b *eventra.Batch) (eventra.Receipt, error) {
	switch s.n.Add(1) % 4 {
	case 0:
		return eventra.Receipt{}, eventra.ErrNotCommitted
	case 1:
		_, err := s.EventStore.Commit(ctx, b)
		return eventra.Receipt{}, errors.Join(eventra.ErrOutcomeUnknown, err)
	case 2:
		return eventra.Receipt{}, eventra.ErrOutcomeUnknown
	}
	return s.EventStore.Commit(ctx, b)
}

// CommitTogether splits, so that each batch fails alone.
func (s *failingStore) CommitTogether(context.Context, []*eventra.Batch) ([]eventra.Receipt, error) {
	return nil, eventra.ErrSplitBatch
}

// TestBoxOffice_CommitOutcomes: after commits that fail in every way, memory and
// store agree, and every promised seat is held.
func TestBoxOffice_CommitOutcomes(t *testing.T) {
	t.Parallel()
	s := newSale(t, 5, 10, 600)
	office, events := s.office(&failingStore{EventStore: s.db})
	promised := map[string]eventra.ID{}
	for i := range 50 {
		seat := fmt.Sprintf("A-%d-%d", 1+i/10, 1+i%10)
		b, err := s.hold(office, seat)
		if err == nil {
			promised[seat] = b.ID
		} else {
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), "%v", err)
		}
	}
	require.NotEmpty(t, promised)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	view, _, err := events.Seats(ctx, s.event)
	require.NoError(t, err)
	stored := s.stored()
	for i, state := range stored.States {
		require.Equal(t, state.Status, view.Status[i], "memory and store agree on %s", stored.Seats[i].Name())
		if id, ok := promised[stored.Seats[i].Name()]; ok {
			require.Equal(t, id, state.Booking)
		}
	}
}

// TestHoldTimer_ExpiresHolds ends many holds that are due together, by the timer
// alone.
func TestHoldTimer_ExpiresHolds(t *testing.T) {
	t.Parallel()
	s := newSale(t, 20, 50, 5)
	office, events := s.office(s.db)
	var wg sync.WaitGroup
	for row := range 20 {
		wg.Go(func() {
			for n := range 50 {
				if _, err := s.hold(office, fmt.Sprintf("A-%d-%d", row+1, n+1)); err != nil {
					t.Errorf("hold: %v", err)
				}
			}
		})
	}
	wg.Wait()
	count := func() *eventra.Availability {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		a, _, err := events.Availability(ctx, s.event)
		require.NoError(t, err)
		return a
	}
	taken := count().Total // one look: holds may begin to expire meanwhile
	require.Equal(t, s.seats, taken.Held+taken.Available)
	require.Eventually(t, func() bool { return count().Total.Available == s.seats }, 15*time.Second, 20*time.Millisecond)
	require.Empty(t, s.stored().Bookings)
}

// TestDirectory_Reload: seats that an administrator adds are on sale after a reload.
func TestDirectory_Reload(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 2, 600)
	office, events := s.office(s.db)
	_, err := s.hold(office, "A-1-1")
	require.NoError(t, err)
	_, err = s.db.AddSeats(t.Context(), s.event, persistencetest.NewID(), []eventra.Seat{{Section: "B", Row: "1", Number: 1, Price: eventra.Money{Amount: 5, Currency: "EUR"}}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, events.Reload(ctx, s.event))
	_, err = s.hold(office, "B-1-1")
	require.NoError(t, err)
}

func TestBoxOffice_UnknownEvent(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 1, 600)
	office, _ := s.office(s.db)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for range 3 {
		_, err := office.Hold(ctx, persistencetest.NewID(), &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{"A-1-1"}})
		require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	}
}

// TestBoxOffice_UsedIDs: a command that is repeated after its booking or payment
// has ended gets the first outcome, without a reload of the event.
func TestBoxOffice_UsedIDs(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 4, 600)
	office, _ := s.office(s.db)
	ctx := testContext(t)
	hold := &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{"A-1-1"}}
	pay := eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: hold.BookingID, UserID: hold.UserID, Method: "mock", Token: "tok_declined"}
	_, err := office.Hold(ctx, s.event, hold)
	require.NoError(t, err)
	for range 2 {
		_, _, err = s.payments(office).Pay(ctx, pay)
		require.Equal(t, eventra.CodePaymentDeclined, eventra.CodeOf(err))
	}
	_, err = office.Release(ctx, hold.UserID, hold.BookingID)
	require.NoError(t, err)
	epoch := s.stored().Epoch
	again, err := office.Hold(ctx, s.event, hold) // its first attempt meets the epoch that stored has taken
	require.NoError(t, err)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = office.Hold(ctx, s.event, &eventra.HoldSeats{BookingID: hold.BookingID, UserID: persistencetest.NewID(), Seats: []string{"A-1-2"}})
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err), "another user's booking")
	_, err = s.hold(office, "A-1-1", "A-1-2")
	require.NoError(t, err)
	require.Equal(t, epoch+2, s.stored().Epoch, "nothing was reloaded but for stored itself")
}
