package groupcommit

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestPool_Lock(t *testing.T) {
	t.Parallel()
	inBubble(t, "leaves out what is contended, of each merged batch", func(t *testing.T, f *fixture) {
		open := f.hang()
		f.occupy()
		a, b := f.submit(newBatch('a', eventra.Released, eventra.Held, eventra.Held)), f.submit(newBatch('b', holds(2)...))
		f.onLock = func(requests []eventra.LockRequest) ([]bool, error) {
			require.Equal(t, []int{2, 3, 1, 2}, numbers(requests))
			return []bool{false, true, true, false}, nil
		}
		close(open)
		synctest.Wait()
		require.Equal(t, []string{"a2b1"}, f.transactions[commitsMax:])
		require.Equal(t, []bool{false, false, true}, a.contended)
		require.Equal(t, []bool{true, false}, b.contended)
	})
	inBubble(t, "sends nothing if everything is contended", func(t *testing.T, f *fixture) {
		f.onLock = func([]eventra.LockRequest) ([]bool, error) { return []bool{true, true}, nil }
		b := f.submit(newBatch('a', holds(2)...))
		synctest.Wait()
		require.True(t, b.isDone())
		require.Empty(t, f.transactions)
		require.NoError(t, b.Err)
		require.True(t, b.Sent.IsZero())
		require.True(t, b.Contended(0))
		require.True(t, b.Contended(1))
	})
	inBubble(t, "is skipped if locks are not available", func(t *testing.T, f *fixture) {
		f.onLock = func([]eventra.LockRequest) ([]bool, error) { return nil, errors.New("away") }
		b := f.submit(newBatch('a', holds(2)...))
		synctest.Wait()
		require.True(t, b.isDone())
		require.Equal(t, []string{"a2"}, f.transactions)
		require.Equal(t, 1, f.skipped)
	})
	inBubble(t, "is not asked for changes that take no seats", func(t *testing.T, f *fixture) {
		f.submit(newBatch('a', eventra.Released, eventra.Expired, eventra.Confirmed))
		synctest.Wait()
		require.Empty(t, f.lockCalls)
		require.Equal(t, []string{"a3"}, f.transactions)
	})
}
