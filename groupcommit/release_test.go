package groupcommit

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestPool_Releases(t *testing.T) {
	t.Parallel()
	inBubble(t, "go on the way of the next batch that takes locks", func(t *testing.T, f *fixture) {
		f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		require.Empty(t, f.releaseCalls, "not before the caller says that nothing follows")
		f.submit(newBatch('b', eventra.Held))
		synctest.Wait()
		require.Empty(t, f.releaseCalls)
		require.Len(t, f.lockCalls, 2)
		require.Empty(t, f.lockCalls[0].released.Unlock)
		require.Len(t, f.lockCalls[1].released.Unlock, 1)
		require.Equal(t, eventra.ID{'a'}, f.lockCalls[1].released.Unlock[0].EventID)
		require.Len(t, f.lockCalls[1].released.Held, 1)
	})
	inBubble(t, "go alone if nothing follows", func(t *testing.T, f *fixture) {
		f.submit(newBatch('a', eventra.Held))
		f.submit(newBatch('b', eventra.Held))
		synctest.Wait()
		f.pool.ReleasePending()
		synctest.Wait()
		require.Len(t, f.releaseCalls, 1)
		told := len(f.releaseCalls[0].Unlock)
		for _, call := range f.lockCalls {
			told += len(call.released.Unlock)
		}
		require.Equal(t, 2, told)
		f.pool.ReleasePending()
		synctest.Wait()
		require.Len(t, f.releaseCalls, 1, "nothing is left to tell")
	})
	inBubble(t, "go alone if the next batch takes no locks", func(t *testing.T, f *fixture) {
		f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		f.submit(newBatch('a', eventra.Released))
		synctest.Wait()
		require.Len(t, f.releaseCalls, 1)
		require.Len(t, f.releaseCalls[0].Unlock, 1)
	})
	inBubble(t, "go one round trip at a time, with everything that came meanwhile", func(t *testing.T, f *fixture) {
		open := make(chan struct{})
		f.onRelease = func() error { <-open; return nil }
		for range 5 {
			f.submit(newBatch('a', eventra.Released))
			synctest.Wait()
			f.pool.ReleasePending()
			synctest.Wait()
		}
		close(open)
		synctest.Wait()
		require.Len(t, f.releaseCalls, 2)
		require.Len(t, f.releaseCalls[0].Ended, 1)
		require.Len(t, f.releaseCalls[1].Ended, 4)
	})
	inBubble(t, "are not repeated if they fail", func(t *testing.T, f *fixture) {
		f.onRelease = func() error { return errors.New("away") }
		f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		f.pool.ReleasePending()
		synctest.Wait()
		f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		require.Empty(t, f.lockCalls[1].released.Unlock)
	})
}

// TestPool_ReleaseUnderWay: a batch may want the seats that an earlier one of
// its event gave back, so it waits for them; others do not.
func TestPool_ReleaseUnderWay(t *testing.T) {
	t.Parallel()
	begin := func(f *fixture) (open chan struct{}) {
		open = make(chan struct{})
		f.onRelease = func() error { <-open; return nil }
		f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		f.pool.ReleasePending()
		synctest.Wait()
		return open
	}
	inBubble(t, "keeps a batch of the event waiting", func(t *testing.T, f *fixture) {
		open := begin(f)
		b := f.submit(newBatch('a', eventra.Held))
		synctest.Wait()
		require.False(t, b.isDone())
		require.Len(t, f.lockCalls, 1)
		close(open)
		synctest.Wait()
		require.True(t, b.isDone())
		require.Len(t, f.lockCalls, 2)
	})
	inBubble(t, "keeps no other event waiting", func(t *testing.T, f *fixture) {
		open := begin(f)
		b := f.submit(newBatch('b', eventra.Held))
		synctest.Wait()
		require.True(t, b.isDone())
		close(open)
	})
	inBubble(t, "keeps no batch waiting that takes no locks", func(t *testing.T, f *fixture) {
		open := begin(f)
		b := f.submit(newBatch('a', eventra.Released))
		synctest.Wait()
		require.True(t, b.isDone())
		close(open)
	})
	inBubble(t, "counts until the last one has ended", func(t *testing.T, f *fixture) {
		first := begin(f)
		f.submit(newBatch('a', eventra.Released))
		synctest.Wait()
		second := make(chan struct{})
		f.onLock = func(requests []eventra.LockRequest) ([]bool, error) { // b takes the second release along
			if requests[0].EventID[0] == 'b' {
				<-second
			}
			return make([]bool, len(requests)), nil
		}
		f.submit(newBatch('b', eventra.Held))
		synctest.Wait()
		b := f.submit(newBatch('a', eventra.Held))
		close(first)
		synctest.Wait()
		require.False(t, b.isDone())
		close(second)
		synctest.Wait()
		require.True(t, b.isDone())
		f.pool.ReleasePending()
		synctest.Wait()
		require.Empty(t, f.pool.pipeline.releases.events)
		require.Empty(t, f.pool.pipeline.releases.underway)
	})
}
