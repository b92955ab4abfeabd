//go:build !race

// See actors/cluster/node_test.go for why not under the race detector.

package actors_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
)

// slowLayouts is a store whose layouts wait for the test.
type slowLayouts struct {
	actors.EventStore
	begun atomic.Int32
	allow chan struct{}
}

func (s *slowLayouts) Layout(ctx context.Context, event eventra.ID, seats int) (*eventra.Layout, error) {
	s.begun.Add(1)
	select {
	case <-s.allow:
		return s.EventStore.Layout(ctx, event, seats)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestDirectory_ColdCopyIsLoadedOnce: readers that come to a member while it makes its
// first copy of another member's event share it, and each one sees what was sold before it
// came.
func TestDirectory_ColdCopyIsLoadedOnce(t *testing.T) {
	t.Parallel()
	s := newSale(t, 3, 10, 600)
	slow := &slowLayouts{EventStore: s.db, allow: make(chan struct{})}
	owner, other := s.pairOn(slow)
	const readers = 50
	var reading sync.WaitGroup
	read := func() {
		view, stale, err := other.events.Seats(testContext(t), s.event)
		if err != nil || stale || view.Status[0] != eventra.SeatHeld {
			t.Errorf("%v, stale %v, %+v", err, stale, view)
		}
	}
	_, err := s.hold(owner.office, "A-1-1")
	require.NoError(t, err)
	for range readers {
		reading.Go(read)
	}
	require.Eventually(t, func() bool { return slow.begun.Load() == 1 }, 15*time.Second, time.Millisecond)
	_, err = s.hold(owner.office, "A-1-2")
	require.NoError(t, err)
	reading.Go(func() {
		view, _, err := other.events.Seats(testContext(t), s.event)
		if err != nil || view.Status[1] != eventra.SeatHeld {
			t.Errorf("a latecomer does not see the last hold: %v", err)
		}
	})
	close(slow.allow)
	reading.Wait()
	require.EqualValues(t, 1, slow.begun.Load())
}
