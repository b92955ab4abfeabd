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
		require.Same(t, second, r.put(second.EventID, second))
		require.Same(t, second, r.put(first.EventID, first), "it was overtaken")
		require.Same(t, second, r.get(first.EventID))
	})
	inBubble("replace a view if the event has other seats", func(t *testing.T, r replicas) {
		r.put(eventra.ID{1}, view(1, 9, 10))
		reloaded := view(1, 2, 11)
		require.Same(t, reloaded, r.put(eventra.ID{1}, reloaded))
		require.Same(t, reloaded, r.get(eventra.ID{1}))
	})
	inBubble("are bounded by bytes", func(t *testing.T, r replicas) {
		for event := range byte(20) {
			r.put(eventra.ID{event}, view(event, 1, 1000))
		}
		synctest.Wait()
		require.LessOrEqual(t, r.views.WeightedSize(), r.views.GetMaximum())
		require.Equal(t, 4, r.views.EstimatedSize())
		huge := view(100, 1, 5000)
		require.Same(t, huge, r.put(huge.EventID, huge), "returned, if not kept")
	})
	inBubble("are forgotten without readers", func(t *testing.T, r replicas) {
		asked, forgotten := view(1, 1, 10), view(2, 1, 10)
		r.put(asked.EventID, asked)
		r.put(forgotten.EventID, forgotten)
		<-time.After(replicasMaxAge / 2)
		require.Same(t, asked, r.get(asked.EventID))
		<-time.After(replicasMaxAge / 2)
		require.Same(t, asked, r.get(asked.EventID))
		require.Nil(t, r.get(forgotten.EventID))
	})
}
