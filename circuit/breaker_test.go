package circuit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const pause = 100 * time.Millisecond

// server answers probes, unless it is away.
type server struct{ away atomic.Bool }

func (s *server) probe(context.Context) error {
	if s.away.Load() {
		return errLost
	}
	return nil
}

// withBreaker runs a test in virtual time.
func withBreaker(t *testing.T, test func(*Breaker, *server)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		s := &server{}
		b := New("the store", pause, s.probe)
		defer b.Close()
		test(b, s)
	})
}

var errLost = errors.New("connection lost")

func TestBreaker_SuspectLetsAProbeDecide(t *testing.T) {
	withBreaker(t, func(b *Breaker, s *server) {
		b.Suspect()
		synctest.Wait()
		require.NoError(t, b.Allow(), "the server answers")

		s.away.Store(true)
		b.Suspect()
		require.NoError(t, b.Allow(), "not known yet")
		time.Sleep(pause) //nolint:forbidigo // fake time
		synctest.Wait()
		require.ErrorIs(t, b.Allow(), ErrAway)
		require.EqualError(t, b.Allow(), "the store is away")

		s.away.Store(false)
		time.Sleep(pause) //nolint:forbidigo // fake time
		synctest.Wait()
		require.False(t, b.Open(), "a probe was answered")
	})
}

func TestBreaker_TripRefusesAtOnce(t *testing.T) {
	withBreaker(t, func(b *Breaker, s *server) {
		s.away.Store(true)
		b.Trip(errLost)
		require.True(t, b.Open())
		s.away.Store(false)
		time.Sleep(pause) //nolint:forbidigo // fake time
		synctest.Wait()
		require.False(t, b.Open())
	})
}

func TestBreaker_ABusyServerIsNotAway(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		var b *Breaker
		asked := make(chan struct{})
		b = New("the store", pause, func(context.Context) error {
			<-asked
			return errLost
		})
		defer b.Close()
		begun := b.Now()
		require.True(t, b.QuietSince(begun))
		b.Suspect()
		time.Sleep(time.Millisecond) //nolint:forbidigo // fake time
		b.Answered()
		require.False(t, b.QuietSince(begun))
		close(asked)
		synctest.Wait()
		require.NoError(t, b.Allow(), "a call was answered while the probe ran")

		time.Sleep(pause / 2) //nolint:forbidigo // fake time
		require.False(t, b.QuietSince(b.Now()), "the probe's outcome speaks for the server")
		time.Sleep(pause) //nolint:forbidigo // fake time
		require.True(t, b.QuietSince(b.Now()))
	})
}
