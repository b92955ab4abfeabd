package admission

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPacer_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, start := NewPacer(), time.Now()
		for range rejectionBurst {
			p.Wait()
		}
		require.Zero(t, time.Since(start), "a burst passes at once")

		rejected := make(chan int, 2)
		for i := range cap(rejected) {
			go func() {
				time.Sleep(time.Duration(i)) //nolint:forbidigo // fake time: the first comes before the second
				p.Wait()
				rejected <- i
			}()
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // fake time
		for range completionsPerRejection {
			require.Empty(t, rejected, "beyond the burst, rejections wait")
			p.Completed()
		}
		synctest.Wait()
		require.Equal(t, 0, <-rejected, "completed requests let the oldest rejection pass")
		require.Empty(t, rejected)
		require.Equal(t, 1, <-rejected)
		require.Equal(t, rejectionDelayMax, time.Since(start).Truncate(time.Microsecond), "the delay has a limit")

		for range 2 * rejectionBurst * completionsPerRejection {
			p.Completed()
		}
		require.Len(t, p.tokens, rejectionBurst, "unused tokens do not pile up")
	})
}
