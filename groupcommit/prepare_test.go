package groupcommit

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestPool_Prepare(t *testing.T) {
	t.Parallel()
	inBubble(t, "takes the locks once, ahead of the transaction", func(t *testing.T, f *fixture) {
		b := f.prepare(t, newBatch('a', holds(2)...))
		require.Len(t, f.lockCalls, 1)
		require.Empty(t, f.transactions)
		f.submit(b)
		synctest.Wait()
		require.Len(t, f.lockCalls, 1)
		require.Equal(t, []string{"a2"}, f.transactions)
	})
	inBubble(t, "leaves the pending releases to the next preparation", func(t *testing.T, f *fixture) {
		f.submit(f.prepare(t, newBatch('a', eventra.Held)))
		synctest.Wait()
		f.submit(f.prepare(t, newBatch('a', eventra.Held)))
		synctest.Wait()
		require.Empty(t, f.releaseCalls)
		require.Len(t, f.lockCalls[1].released.Unlock, 1)
		require.Len(t, f.lockCalls[1].released.Held, 1)
	})
	inBubble(t, "leaves out what is contended, of each joined batch", func(t *testing.T, f *fixture) {
		f.onLock = func(requests []eventra.LockRequest) ([]bool, error) {
			refused := make([]bool, len(requests))
			refused[len(requests)-1] = len(f.lockCalls) == 2
			return refused, nil
		}
		b := f.prepare(t, newBatch('a', eventra.Held, eventra.Released))
		b.Join(f.prepare(t, newBatch('a', eventra.Released, eventra.Held, eventra.Held)))
		b.Join(f.prepare(t, newBatch('a', eventra.Held)))
		f.submit(b)
		synctest.Wait()
		require.Equal(t, []string{"a5"}, f.transactions)
		require.Equal(t, []bool{false, false, false, false, true, false}, b.contended)
		f.pool.ReleasePending()
		synctest.Wait()
		require.Equal(t, []int{1, 2, 1}, numbers(f.releaseCalls[0].Unlock))
		require.Len(t, f.releaseCalls[0].Held, 3)
	})
	inBubble(t, "gives the locks back that are not needed", func(t *testing.T, f *fixture) {
		f.pool.Discard(f.prepare(t, newBatch('a', holds(2)...)))
		f.pool.ReleasePending()
		synctest.Wait()
		require.Equal(t, []int{1, 2}, numbers(f.releaseCalls[0].Unlock))
		require.Empty(t, f.releaseCalls[0].Held)
		require.Empty(t, f.transactions)
	})
	inBubble(t, "leaves the locks to merged batches while the pool is busy", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		require.False(t, f.pool.Prepare(newBatch('a', eventra.Held), func() {}))
		require.Len(t, f.lockCalls, commitsMax)
		close(open)
	})
	inBubble(t, "merges prepared batches with others", func(t *testing.T, f *fixture) {
		prepared := f.prepare(t, newBatch('a', eventra.Held))
		open := f.hang()
		f.occupy()
		f.submit(prepared)
		f.submit(newBatch('b', holds(2)...))
		close(open)
		synctest.Wait()
		require.Equal(t, []string{"a1b2"}, f.transactions[commitsMax:])
		require.Len(t, f.lockCalls[len(f.lockCalls)-1].requests, 2, "of the other batch alone")
	})
}

// prepare waits until a batch is prepared.
func (f *fixture) prepare(t *testing.T, b *Batch) *Batch {
	told := 0
	require.True(t, f.pool.Prepare(b, func() { told++ }))
	<-b.Prepared()
	synctest.Wait()
	require.Equal(t, 1, told)
	return b
}
