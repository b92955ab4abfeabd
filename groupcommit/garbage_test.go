package groupcommit

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// A pool that is idle after a wave keeps nothing of it alive.
func TestPool_KeepsNothingThatHasCompleted(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]eventra.ChangeKind{"holds": eventra.Held, "expiries": eventra.Expired} {
		for _, split := range []bool{false, true} {
			f := newFixture()
			f.onCommit = func(_ context.Context, together bool, batches []*eventra.Batch) ([]eventra.Receipt, error) {
				if together && split {
					return nil, eventra.ErrSplitBatch
				}
				return make([]eventra.Receipt, len(batches)), nil
			}
			left := f.wave(kind)
			f.pool.ReleasePending()
			require.Eventually(t, func() bool {
				runtime.GC()
				for _, change := range left {
					if change.Value() != nil {
						return false
					}
				}
				return true
			}, 10*time.Second, 10*time.Millisecond, "%s, split: %v", name, split)
			runtime.KeepAlive(f)
		}
	}
}

// wave commits batches of many events, twice as many as can be under way, and returns
// their changes.
func (f *fixture) wave(kind eventra.ChangeKind) (changes []weak.Pointer[eventra.Change]) {
	var batches []*Batch
	for event := range byte(8 * commitsMax) {
		b := newBatch(event, kind, kind)
		for _, c := range b.Changes {
			changes = append(changes, weak.Make(c))
		}
		batches = append(batches, f.submit(b))
	}
	for _, b := range batches {
		<-b.Done()
	}
	return changes
}
