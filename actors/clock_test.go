package actors

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStoreClock_IsNeverAhead, whenever during an answer the store read its clock.
func TestStoreClock_IsNeverAhead(t *testing.T) {
	t.Parallel()
	const store = time.Hour // minus local
	asked := time.Now()
	for _, read := range []time.Duration{0, time.Second, 4 * time.Second} {
		var c storeClock
		c.reset(asked.Add(read+store), asked.Add(4*time.Second))
		require.LessOrEqual(t, c.offset, store)
		require.GreaterOrEqual(t, c.offset, store-4*time.Second)
		c.observe(asked.Add(5*time.Second+store), asked.Add(5*time.Second), asked.Add(5*time.Second+time.Millisecond))
		require.LessOrEqual(t, c.offset, store)
		require.GreaterOrEqual(t, c.offset, store-time.Millisecond, "a quick answer narrows it")
	}
}
