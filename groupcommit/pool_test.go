package groupcommit

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestPool_Submit(t *testing.T) {
	t.Parallel()
	inBubble(t, "commits at once while the pool has room", func(t *testing.T, f *fixture) {
		open := f.hang()
		for i := range commitsMax {
			f.submit(newBatch('a'+byte(i), eventra.Held))
		}
		synctest.Wait()
		require.ElementsMatch(t, []string{"a1", "b1", "c1", "d1"}, f.transactions)
		close(open)
	})
	inBubble(t, "merges the batches that wait", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		a, b := f.submit(newBatch('a', holds(2)...)), f.submit(newBatch('b', eventra.Released))
		synctest.Wait()
		require.Len(t, f.transactions, commitsMax)
		require.False(t, a.isDone())
		close(open)
		synctest.Wait()
		require.Equal(t, []string{"a2b1"}, f.transactions[commitsMax:])
		require.True(t, a.isDone())
		require.True(t, b.isDone())
	})
	inBubble(t, "never merges two batches of an event", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		f.submit(newBatch('a', eventra.Held))
		f.submit(newBatch('a', eventra.Held))
		f.submit(newBatch('b', eventra.Held))
		close(open)
		synctest.Wait()
		require.ElementsMatch(t, []string{"a1b1", "a1"}, f.transactions[commitsMax:])
	})
	inBubble(t, "tells the caller once, after the outcome is known", func(t *testing.T, f *fixture) {
		at := time.Now()
		f.onCommit = func(context.Context, bool, []*eventra.Batch) ([]eventra.Receipt, error) {
			return []eventra.Receipt{{At: at}}, nil
		}
		b, told := newBatch('a', eventra.Held), 0
		f.pool.Submit(b, func() {
			require.True(t, b.isDone())
			require.Equal(t, at, b.Receipt.At)
			told++
		})
		synctest.Wait()
		require.Equal(t, 1, told)
	})
	inBubble(t, "gives the pool back after the work", func(t *testing.T, f *fixture) {
		for range 3 {
			f.occupy()
		}
		require.Len(t, f.transactions, 3*commitsMax)
		require.Zero(t, f.pool.busy)
	})
}

// smallMachine has one CPU.
type smallMachine struct{ GoRuntime }

func (smallMachine) CPUs() int { return 1 }

// On a small machine transactions are fewer and larger, and one that hangs does not stop all.
func TestPool_HasFewCommitsOnFewCPUs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture()
		f.pool.pipeline.Runtime = smallMachine{}
		f.pool = NewPool(f.pool.pipeline.Config)
		open := f.hang()
		for i := range byte(4) {
			f.submit(newBatch('a'+i, eventra.Held))
		}
		synctest.Wait()
		require.Len(t, f.transactions, commitsMin)
		close(open)
		synctest.Wait()
		require.Equal(t, []string{"c1d1"}, f.transactions[commitsMin:])
	})
}

func TestPool_Outcome(t *testing.T) {
	t.Parallel()
	inBubble(t, "is unknown after the timeout", func(t *testing.T, f *fixture) {
		f.onCommit = func(ctx context.Context, _ bool, _ []*eventra.Batch) ([]eventra.Receipt, error) {
			<-ctx.Done()
			return nil, eventra.ErrOutcomeUnknown
		}
		b := f.submit(newBatch('a', eventra.Held))
		<-b.Done()
		require.ErrorIs(t, b.Err, eventra.ErrOutcomeUnknown)
		require.Equal(t, CommitTimeout, b.Received.Sub(b.Sent))
		require.Equal(t, []error{eventra.ErrOutcomeUnknown}, f.outcomes)
	})
	inBubble(t, "is the same for all merged batches", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		a, b := f.submit(newBatch('a', eventra.Held)), f.submit(newBatch('b', eventra.Held))
		f.onCommit = func(context.Context, bool, []*eventra.Batch) ([]eventra.Receipt, error) {
			return nil, eventra.ErrNotCommitted
		}
		close(open)
		synctest.Wait()
		require.ErrorIs(t, a.Err, eventra.ErrNotCommitted)
		require.ErrorIs(t, b.Err, eventra.ErrNotCommitted)
	})
	inBubble(t, "has each batch's own receipt", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		a, b := f.submit(newBatch('a', holds(2)...)), f.submit(newBatch('b', holds(2)...))
		f.onCommit = func(context.Context, bool, []*eventra.Batch) ([]eventra.Receipt, error) {
			return []eventra.Receipt{{Refused: []bool{true, false}}, {Refused: []bool{false, true}}}, nil
		}
		close(open)
		synctest.Wait()
		require.True(t, a.Refused(0))
		require.False(t, a.Refused(1))
		require.False(t, b.Refused(0))
		require.True(t, b.Refused(1))
	})
}

func TestPool_Split(t *testing.T) {
	t.Parallel()
	// only b cannot be committed
	spoil := func(f *fixture) {
		f.onCommit = func(_ context.Context, together bool, batches []*eventra.Batch) ([]eventra.Receipt, error) {
			switch {
			case together:
				return nil, eventra.ErrSplitBatch
			case batches[0].EventID[0] == 'b':
				return make([]eventra.Receipt, 1), eventra.ErrStaleEpoch
			}
			return make([]eventra.Receipt, 1), nil
		}
	}
	inBubble(t, "commits each batch alone, with an outcome of its own", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		a, b, c := f.submit(newBatch('a', eventra.Held)), f.submit(newBatch('b', eventra.Held)), f.submit(newBatch('c', eventra.Held))
		spoil(f)
		close(open)
		synctest.Wait()
		require.Equal(t, "a1b1c1", f.transactions[commitsMax])
		require.ElementsMatch(t, []string{"alone:a1", "alone:b1", "alone:c1"}, f.transactions[commitsMax+1:])
		require.NoError(t, a.Err)
		require.ErrorIs(t, b.Err, eventra.ErrStaleEpoch)
		require.NoError(t, c.Err)
		require.ElementsMatch(t, []error{nil, nil, nil, nil, eventra.ErrSplitBatch, nil, eventra.ErrStaleEpoch, nil}, f.outcomes)
		require.Len(t, f.lockCalls, commitsMax+1, "their locks are taken once")
	})
	inBubble(t, "goes on outside the pool", func(t *testing.T, f *fixture) {
		hung := make(chan struct{})
		f.onCommit = func(_ context.Context, together bool, _ []*eventra.Batch) ([]eventra.Receipt, error) {
			if together {
				return nil, eventra.ErrSplitBatch
			}
			<-hung
			return make([]eventra.Receipt, 1), nil
		}
		f.occupy()
		require.Zero(t, f.pool.busy, "batches that commit alone keep no other batch waiting")
		close(hung)
	})
	inBubble(t, "commits few at a time", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		var all []*Batch
		for i := range 6 * commitsAloneMax {
			all = append(all, f.submit(newBatch('A'+byte(i), eventra.Held)))
		}
		hung := make(chan struct{})
		f.onCommit = func(_ context.Context, together bool, batches []*eventra.Batch) ([]eventra.Receipt, error) {
			if together {
				return nil, eventra.ErrSplitBatch
			}
			<-hung
			return make([]eventra.Receipt, len(batches)), nil
		}
		close(open)
		synctest.Wait()
		require.Len(t, f.transactions, commitsMax+1+commitsAloneMax)
		require.Zero(t, f.pool.busy)
		close(hung)
		synctest.Wait()
		for _, b := range all {
			require.True(t, b.isDone())
			require.NoError(t, b.Err)
		}
		require.Zero(t, f.pool.pipeline.alone.busy)
	})
	inBubble(t, "leaves contended changes out", func(t *testing.T, f *fixture) {
		spoil(f)
		f.onLock = func([]eventra.LockRequest) ([]bool, error) { return []bool{true, false}, nil }
		b := f.submit(newBatch('a', holds(2)...))
		synctest.Wait()
		require.Equal(t, []string{"a1", "alone:a1"}, f.transactions)
		require.True(t, b.Contended(0))
	})
}
