package payments_test

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
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/payments/mockgateway"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
)

// sale is an event on real stores, its box office, and what pays for it.
type sale struct {
	t         *testing.T
	db        *postgres.DB
	event     eventra.ID
	seats     []eventra.Seat
	office    *actors.BoxOffice
	gateway   *mockgateway.Gateway
	processor *payments.Processor
}

func newSale(t *testing.T, seats, holdSeconds int) *sale {
	t.Helper()
	return newSaleOf(t, persistencetest.NewSeats(seats), holdSeconds)
}

func newSaleOf(t *testing.T, seats []eventra.Seat, holdSeconds int) *sale {
	t.Helper()
	db, err := postgres.Open(t.Context(), persistencetest.NewDatabase(t), postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	cache, err := redis.Open(persistencetest.NewRedis(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cache.Close()) })
	event := persistencetest.NewEvent()
	event.Terms.HoldSeconds = holdSeconds
	s := &sale{t: t, db: db, event: event.ID, seats: seats, gateway: mockgateway.New(db)}
	require.NoError(t, db.PutTerms(t.Context(), event))
	_, err = db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), s.seats)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	events, err := actors.NewDirectory(&actors.Dependencies{Store: db, Locks: redis.NewLocks(cache), Log: log,
		Metrics: actors.NewMetrics(prometheus.NewRegistry()), QueueMax: 1000}, cluster.Config{Log: log})
	require.NoError(t, err)
	require.NoError(t, events.Join(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, events.Close(ctx))
	})
	s.office = actors.NewBoxOffice(events, db)
	s.processor = payments.NewProcessor(s.office, db, s.gateway, log, time.Second)
	return s
}

func (s *sale) context() context.Context {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

// hold holds one seat for a new user.
func (s *sale) hold(seat int) (*eventra.Booking, error) {
	return s.office.Hold(s.context(), s.event, &eventra.HoldSeats{
		BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: []string{s.seats[seat].Name()}})
}

func (s *sale) booking(id eventra.ID) *eventra.Booking {
	b, err := s.db.Booking(context.Background(), id)
	require.NoError(s.t, err)
	return b
}

// requireConsistent requires the stored rows not to contradict each other.
func (s *sale) requireConsistent() {
	s.t.Helper()
	snapshot, err := s.db.Activate(context.Background(), s.event)
	require.NoError(s.t, err)
	_, err = eventra.NewSeatMap(snapshot)
	require.NoError(s.t, err)
}
