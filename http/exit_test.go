package http

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoIsTurnedAwayIsToldAtThePaceOfTheSale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, start := newExit(), time.Now()
		for range exitTurnsMax {
			e.wait()
		}
		require.Zero(t, time.Since(start), "a few are told at once")

		told := make(chan int, 2)
		for i := range cap(told) {
			go func() {
				time.Sleep(time.Duration(i)) // the first one is before the second
				e.wait()
				told <- i
			}()
		}
		time.Sleep(time.Millisecond)
		for range holdsPerExit {
			require.Empty(t, told, "a crowd waits")
			e.holdAnswered()
		}
		synctest.Wait()
		require.Equal(t, 0, <-told, "a turn for so many holds, in the order of coming")
		require.Empty(t, told)
		require.Equal(t, 1, <-told)
		require.Equal(t, exitWaitMax, time.Since(start).Truncate(time.Microsecond), "without holds it has an end")

		for range 2 * exitTurnsMax * holdsPerExit {
			e.holdAnswered()
		}
		require.Len(t, e.turns, exitTurnsMax, "turns that nobody wants are few")
	})
}
