package actors_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

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

// sale is an event on real stores, which several directories may sell.
type sale struct {
	t     *testing.T
	db    *postgres.DB
	locks groupcommit.SeatLocks
	event eventra.ID
	seats int
}

func newSale(t *testing.T, rows, seats, holdSeconds int) *sale {
	t.Helper()
	db, err := postgres.Open(t.Context(), persistencetest.NewDatabase(t), postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	cache, err := redis.Open(persistencetest.NewRedis(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cache.Close()) })
	s := &sale{t: t, db: db, locks: redis.NewLocks(cache), event: persistencetest.NewID(), seats: rows * seats}
	starts := time.Now().Add(24 * time.Hour)
	require.NoError(t, db.PutTerms(t.Context(), &eventra.Event{ID: s.event, Title: "A show", StartsAt: starts, EndsAt: starts.Add(time.Hour),
		Venue:   eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		Version: 1, Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: holdSeconds, MaxSeatsPerBooking: 10}}))
	var all []eventra.Seat
	for row := range rows {
		for n := range seats {
			all = append(all, eventra.Seat{Section: "A", Row: fmt.Sprint(row + 1), Number: n + 1, Price: eventra.Money{Amount: 100, Currency: "EUR"}})
		}
	}
	_, err = db.AddSeats(t.Context(), s.event, persistencetest.NewID(), all)
	require.NoError(t, err)
	return s
}

// office is a box office with its own directory, as on its own instance.
func (s *sale) office(store actors.EventStore) (*actors.BoxOffice, *actors.Directory) {
	s.t.Helper()
	events, err := actors.NewDirectory(&actors.Dependencies{
		Store: store, Locks: s.locks, Log: slog.New(slog.DiscardHandler), Metrics: actors.NewMetrics(prometheus.NewRegistry()),
		QueueMax: 1000,
	}, cluster.Config{Log: slog.New(slog.DiscardHandler)})
	require.NoError(s.t, err)
	require.NoError(s.t, events.Join(s.t.Context()))
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(s.t, events.Close(ctx))
	})
	return actors.NewBoxOffice(events, store), events
}

// payments is a processor for the bookings of an office.
func (s *sale) payments(office *actors.BoxOffice) *payments.Processor {
	return payments.NewProcessor(office, s.db, mockgateway.New(s.db), slog.New(slog.DiscardHandler), time.Second)
}

func (s *sale) hold(office *actors.BoxOffice, seats ...string) (*eventra.Booking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return office.Hold(ctx, s.event, &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: persistencetest.NewID(), Seats: seats})
}

// testContext has the deadline of a request.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// stored reads the event from the store, and requires that it is consistent.
func (s *sale) stored() *eventra.Snapshot {
	s.t.Helper()
	snapshot, err := s.db.Activate(context.Background(), s.event)
	require.NoError(s.t, err)
	_, err = eventra.NewSeatMap(snapshot)
	require.NoError(s.t, err)
	return snapshot
}
