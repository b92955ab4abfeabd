package actors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/groupcommit"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/payments/mockgateway"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
)

// house is an event on real stores, for directories to sell.
type house struct {
	t     *testing.T
	db    *postgres.DB
	locks groupcommit.SeatLocks
	event eventra.ID
	seats int
}

func newHouse(t *testing.T, rows, seats, holdSeconds int) *house {
	t.Helper()
	db, err := postgres.Open(t.Context(), persistencetest.NewDatabase(t), postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	cache, err := redis.Open(persistencetest.NewRedis(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cache.Close()) })
	h := &house{t: t, db: db, locks: redis.NewLocks(cache), event: newID(), seats: rows * seats}
	starts := time.Now().Add(24 * time.Hour)
	require.NoError(t, db.PutTerms(t.Context(), &eventra.Event{ID: h.event, Title: "A show", StartsAt: starts, EndsAt: starts.Add(time.Hour),
		Venue:   eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		Version: 1, Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: holdSeconds, MaxSeatsPerBooking: 10}}))
	var all []eventra.Seat
	for row := range rows {
		for n := range seats {
			all = append(all, eventra.Seat{Section: "A", Row: fmt.Sprint(row + 1), Number: n + 1, Price: eventra.Money{Amount: 100, Currency: "EUR"}})
		}
	}
	_, err = db.AddSeats(t.Context(), h.event, all)
	require.NoError(t, err)
	return h
}

func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

// office is a box office with an actor system of its own, as on an instance of
// its own.
func (h *house) office(store actors.EventStore) (*actors.BoxOffice, *actors.Directory) {
	h.t.Helper()
	events, err := actors.OpenDirectory(&actors.Dependencies{
		Store: store, Locks: h.locks, Log: slog.New(slog.DiscardHandler), Metrics: actors.NewMetrics(prometheus.NewRegistry()),
		QueueMax: 1000,
	}, cluster.Config{Log: slog.New(slog.DiscardHandler)})
	require.NoError(h.t, err)
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(h.t, events.Close(ctx))
	})
	return actors.NewBoxOffice(events, store), events
}

// payments pays for what an office sells.
func (h *house) payments(office *actors.BoxOffice) *payments.Processor {
	return payments.NewProcessor(office, h.db, mockgateway.New(h.db), slog.New(slog.DiscardHandler), time.Second)
}

func (h *house) hold(office *actors.BoxOffice, seats ...string) (*eventra.Booking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return office.Hold(ctx, h.event, &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: seats})
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// stored reads what the authority has, and checks that it is consistent.
func (h *house) stored() *eventra.Snapshot {
	h.t.Helper()
	s, err := h.db.Activate(context.Background(), h.event)
	require.NoError(h.t, err)
	_, err = eventra.NewSeatMap(s)
	require.NoError(h.t, err)
	return s
}

// TestTwoActivations sells one event from two directories at once, as happens
// when membership splits: each takes the event from the other again and again.
func TestTwoActivations(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 10, 10, 600)
	one, oneEvents := h.office(h.db)
	two, twoEvents := h.office(h.db)
	for _, events := range []*actors.Directory{oneEvents, twoEvents} { // both believe from the start that they own it
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, _, err := events.Availability(ctx, h.event)
		cancel()
		require.NoError(t, err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	owner := map[string]eventra.ID{}
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := rand.New(rand.NewPCG(seed, uint64(worker)))
			office := []*actors.BoxOffice{one, two}[worker%2]
			for range 15 {
				row, first := 1+r.IntN(10), 1+r.IntN(9)
				b, err := h.hold(office, fmt.Sprintf("A-%d-%d", row, first), fmt.Sprintf("A-%d-%d", row, first+1))
				if code := eventra.CodeOf(err); err != nil && code != eventra.CodeSeatsUnavailable && code != eventra.CodeUnavailable {
					t.Errorf("hold: %v", err)
				}
				if err != nil {
					continue
				}
				mu.Lock()
				for _, s := range b.SeatNames() {
					if other, taken := owner[s]; taken {
						t.Errorf("seat %s is in %v and %v", s, other, b.ID)
					}
					owner[s] = b.ID
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	s := h.stored()
	require.Greater(t, s.Epoch, int64(4), "the event went back and forth")
	held := map[string]eventra.ID{}
	for i, state := range s.States {
		if state.Status != eventra.SeatAvailable {
			held[s.Seats[i].Name()] = state.Booking
		}
	}
	for seat, booking := range owner {
		require.Equal(t, booking, held[seat], "what was told to be held is held: %s", seat)
	}
}

// TestAnOwnerThatFellBehindIsNotBelieved: it knows nothing of a booking that
// another activation made since, and says so; what is stored is asked.
func TestAnOwnerThatFellBehindIsNotBelieved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 10, 600)
	behind, events := h.office(h.db)
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
			_, paid, err := h.payments(behind).Pay(ctx, eventra.PaymentRequest{PaymentID: newID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"})
			if err != nil {
				return "", err
			}
			return paid.Status, nil
		},
	} {
		_, _, err := events.Availability(ctx, h.event)
		require.NoError(t, err)
		ahead, _ := h.office(h.db)
		held, err := h.hold(ahead, "A-1-1")
		require.NoError(t, err)
		status, err := end(held)
		require.NoError(t, err)
		require.Contains(t, []eventra.BookingStatus{eventra.BookingCancelled, eventra.BookingConfirmed}, status)
	}
}

// fickle is a store whose commits fail in every way that a commit can fail,
// half of them after they were carried out.
type fickle struct {
	actors.EventStore
	n atomic.Int64
}

func (s *fickle) Commit(ctx context.Context, b *eventra.Batch) (eventra.Receipt, error) {
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

// CommitTogether has each batch commit alone, so that it fails alone.
func (s *fickle) CommitTogether(context.Context, []*eventra.Batch) ([]eventra.Receipt, error) {
	return nil, eventra.ErrSplitBatch
}

func TestEveryOutcomeOfACommit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5, 10, 600)
	office, events := h.office(&fickle{EventStore: h.db})
	told := map[string]eventra.ID{}
	for i := range 50 {
		seat := fmt.Sprintf("A-%d-%d", 1+i/10, 1+i%10)
		b, err := h.hold(office, seat)
		if err == nil {
			told[seat] = b.ID
		} else {
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), "%v", err)
		}
	}
	require.NotEmpty(t, told)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	view, _, err := events.Seats(ctx, h.event)
	require.NoError(t, err)
	s := h.stored()
	for i, state := range s.States {
		require.Equal(t, state.Status, view.Status[i], "memory and store agree on %s", s.Seats[i].Name())
		if id, ok := told[s.Seats[i].Name()]; ok {
			require.Equal(t, id, state.Booking)
		}
	}
}

// TestHoldsExpire ends many holds that are due together, by the timer alone.
func TestHoldsExpire(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 20, 50, 5)
	office, events := h.office(h.db)
	var wg sync.WaitGroup
	for row := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range 50 {
				if _, err := h.hold(office, fmt.Sprintf("A-%d-%d", row+1, n+1)); err != nil {
					t.Errorf("hold: %v", err)
				}
			}
		}()
	}
	wg.Wait()
	count := func() *eventra.Availability {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		a, _, err := events.Availability(ctx, h.event)
		require.NoError(t, err)
		return a
	}
	require.Equal(t, h.seats, count().Total.Held+count().Total.Available)
	require.Eventually(t, func() bool { return count().Total.Available == h.seats }, 15*time.Second, 20*time.Millisecond)
	require.Empty(t, h.stored().Bookings)
}

// TestReloadSeesNewSeats: what an admin changes in the store, the sale sees.
func TestReloadSeesNewSeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 2, 600)
	office, events := h.office(h.db)
	_, err := h.hold(office, "A-1-1")
	require.NoError(t, err)
	_, err = h.db.AddSeats(t.Context(), h.event, []eventra.Seat{{Section: "B", Row: "1", Number: 1, Price: eventra.Money{Amount: 5, Currency: "EUR"}}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, events.Reload(ctx, h.event))
	_, err = h.hold(office, "B-1-1")
	require.NoError(t, err)
}

func TestUnknownEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 1, 600)
	office, _ := h.office(h.db)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for range 3 {
		_, err := office.Hold(ctx, newID(), &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: []string{"A-1-1"}})
		require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	}
}

// TestUsedIDs: a command that comes again after its booking or payment has
// ended gets the first outcome, and others of the event do not notice.
func TestUsedIDs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, 4, 600)
	office, _ := h.office(h.db)
	ctx := within(t)
	hold := &eventra.HoldSeats{BookingID: newID(), UserID: newID(), Seats: []string{"A-1-1"}}
	pay := eventra.PaymentRequest{PaymentID: newID(), BookingID: hold.BookingID, UserID: hold.UserID, Method: "mock", Token: "tok_declined"}
	_, err := office.Hold(ctx, h.event, hold)
	require.NoError(t, err)
	for range 2 {
		_, _, err = h.payments(office).Pay(ctx, pay)
		require.Equal(t, eventra.CodePaymentDeclined, eventra.CodeOf(err))
	}
	_, err = office.Release(ctx, hold.UserID, hold.BookingID)
	require.NoError(t, err)
	epoch := h.stored().Epoch
	again, err := office.Hold(ctx, h.event, hold) // the first try meets the epoch taken by looking
	require.NoError(t, err)
	require.Equal(t, eventra.BookingCancelled, again.Status)
	_, err = office.Hold(ctx, h.event, &eventra.HoldSeats{BookingID: hold.BookingID, UserID: newID(), Seats: []string{"A-1-2"}})
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err), "somebody else's booking")
	_, err = h.hold(office, "A-1-1", "A-1-2")
	require.NoError(t, err)
	require.Equal(t, epoch+2, h.stored().Epoch, "nothing was reloaded but for the look itself")
}
