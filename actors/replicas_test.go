package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestReplicas(t *testing.T) {
	t.Parallel()
	view := func(event byte, version uint64, seats int) *eventra.SeatsView {
		return &eventra.SeatsView{EventID: eventra.ID{event}, Version: version, Status: make([]eventra.SeatStatus, seats)}
	}
	inBubble := func(name string, test func(*testing.T, replicas)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newReplicas(4 * 1000 * replicaSeatBytes)
				defer r.close()
				test(t, r)
			})
		})
	}
	inBubble("keep the newest view of an event", func(t *testing.T, r replicas) {
		first, second := view(1, 1, 10), view(1, 2, 10)
		require.Nil(t, r.get(first.EventID))
		require.Same(t, second, r.put(second.EventID, nil, second))
		require.Same(t, second, r.put(first.EventID, nil, first), "it was overtaken")
		require.Same(t, second, r.get(first.EventID))
	})
	inBubble("go back with a store that has lost commits", func(t *testing.T, r replicas) {
		known, overtaken, restored := view(1, 9, 10), view(1, 4, 10), view(1, 5, 10)
		r.put(eventra.ID{1}, nil, known)
		require.Same(t, restored, r.put(eventra.ID{1}, known, restored))
		require.Same(t, restored, r.put(eventra.ID{1}, known, overtaken), "another reader has put a newer one")
		r.clear()
		require.Nil(t, r.get(eventra.ID{1}))
	})
	inBubble("replace a view if the event has other seats", func(t *testing.T, r replicas) {
		r.put(eventra.ID{1}, nil, view(1, 9, 10))
		reloaded := view(1, 2, 11)
		require.Same(t, reloaded, r.put(eventra.ID{1}, nil, reloaded))
		require.Same(t, reloaded, r.get(eventra.ID{1}))
	})
	inBubble("are bounded by bytes", func(t *testing.T, r replicas) {
		for event := range byte(20) {
			r.put(eventra.ID{event}, nil, view(event, 1, 1000))
		}
		synctest.Wait()
		require.LessOrEqual(t, r.views.WeightedSize(), r.views.GetMaximum())
		require.Equal(t, 4, r.views.EstimatedSize())
		huge := view(100, 1, 5000)
		require.Same(t, huge, r.put(huge.EventID, nil, huge), "returned, if not kept")
	})
	inBubble("are forgotten without readers", func(t *testing.T, r replicas) {
		asked, forgotten := view(1, 1, 10), view(2, 1, 10)
		r.put(asked.EventID, nil, asked)
		r.put(forgotten.EventID, nil, forgotten)
		<-time.After(replicasMaxAge / 2)
		require.Same(t, asked, r.get(asked.EventID))
		<-time.After(replicasMaxAge / 2)
		require.Same(t, asked, r.get(asked.EventID))
		require.Nil(t, r.get(forgotten.EventID))
	})
}
