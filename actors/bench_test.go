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
	"github.com/eventra/eventra/persistence/persistencetest"
)

// instantStore commits at once and keeps nothing.
type instantStore struct {
	event, user eventra.ID
	seats       int
}

func (s *instantStore) Activate(context.Context, eventra.ID) (*eventra.Snapshot, error) {
	snapshot := &eventra.Snapshot{EventID: s.event, Epoch: 1, Now: time.Now(), States: make([]eventra.StoredState, s.seats),
		Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: 600, MaxSeatsPerBooking: 10}}
	for i := range s.seats {
		snapshot.Seats = append(snapshot.Seats, eventra.Seat{Section: "A", Row: "1", Number: i + 1})
	}
	return snapshot, nil
}

func (s *instantStore) Commit(_ context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipt := eventra.Receipt{At: time.Now(), References: make([]eventra.Reference, len(batch.Changes))}
	for i := range receipt.References {
		receipt.References[i] = 1
	}
	return receipt, nil
}

func (s *instantStore) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts := make([]eventra.Receipt, len(batches))
	for i, batch := range batches {
		receipts[i], _ = s.Commit(ctx, batch)
	}
	return receipts, nil
}

func (s *instantStore) Booking(_ context.Context, id eventra.ID) (*eventra.Booking, error) {
	return &eventra.Booking{ID: id, EventID: s.event, UserID: s.user, Status: eventra.BookingHeld}, nil
}

func (s *instantStore) ConfirmedOf(context.Context, eventra.ID, []eventra.ID, []eventra.ID) ([]*eventra.Booking, error) {
	return nil, nil
}

func (s *instantStore) Refund(context.Context, eventra.ID) (*eventra.Refund, error) {
	return nil, eventra.Errorf(eventra.CodeNotFound, "no such refund")
}

func (s *instantStore) Blocking(context.Context, eventra.ID, eventra.ID) (*eventra.Blocking, error) {
	return nil, eventra.Errorf(eventra.CodeNotFound, "no such blocking")
}

func (s *instantStore) Layout(context.Context, eventra.ID, int) (*eventra.Layout, error) {
	return nil, nil
}

// instantLocks gives every lock.
type instantLocks struct{}

func (instantLocks) Lock(_ context.Context, _ eventra.LockRelease, requests []eventra.LockRequest) ([]bool, error) {
	return make([]bool, len(requests)), nil
}

func (instantLocks) Release(context.Context, eventra.LockRelease) error { return nil }

// BenchmarkBoxOffice_HoldAndRelease is one hold and its release, of one of 256
// callers of an event, on stores that take no time.
func BenchmarkBoxOffice_HoldAndRelease(b *testing.B) {
	const callers = 256
	store := &instantStore{event: persistencetest.NewID(), user: persistencetest.NewID(), seats: 2 * callers}
	log := slog.New(slog.DiscardHandler)
	events, err := actors.NewDirectory(&actors.Dependencies{Store: store, Locks: instantLocks{}, Log: log,
		Metrics: actors.NewMetrics(prometheus.NewRegistry()), QueueMax: 10_000}, cluster.Config{Log: log})
	require.NoError(b, err)
	require.NoError(b, events.Join(b.Context()))
	defer func() { require.NoError(b, events.Close(context.Background())) }()
	office := actors.NewBoxOffice(events, store)
	seats := make(chan []string, store.seats)
	for i := range store.seats {
		seats <- []string{fmt.Sprintf("A-1-%d", i+1)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	b.SetParallelism(callers / 2)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		seat := <-seats
		for pb.Next() {
			held, err := office.Hold(ctx, store.event, &eventra.HoldSeats{BookingID: persistencetest.NewID(), UserID: store.user, Seats: seat})
			if err == nil {
				_, err = office.Release(ctx, store.user, held.ID)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
