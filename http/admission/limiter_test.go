package admission

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimiter_Acquire(t *testing.T) {
	t.Parallel()
	l := &Limiter{slots: make(chan struct{}, 1)}
	require.True(t, l.Acquire())
	var waiters sync.WaitGroup
	for range waitersMax {
		waiters.Go(func() {
			assert.True(t, l.Acquire(), "a waiting request gets a slot in the end")
			l.Release()
		})
	}
	require.Eventually(t, func() bool { return l.waiting.Load() == waitersMax }, 5*time.Second, time.Millisecond)
	require.False(t, l.Acquire(), "too many wait")
	l.Release()
	waiters.Wait()
	require.True(t, l.Acquire())
	require.Zero(t, l.waiting.Load())
}
