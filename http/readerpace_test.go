package http

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func testPace(selling *atomic.Bool) *readerPace { return newReaderPace(selling.Load) }

// waited returns how long a pace lets an answer wait.
func (p *readerPace) waited(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	require.True(t, p.wait(nil))
	return time.Since(begun)
}

func TestReaderPace_LetsReadersWaitWhileASaleNeedsTheCPUs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var selling atomic.Bool
		p := testPace(&selling)
		p.cpus = 2
		p.spend(time.Hour, 1, 1<<20)
		require.Zero(t, p.waited(t), "without a sale nobody waits")
		selling.Store(true)
		require.Zero(t, p.waited(t), "the first do not wait")
		p.spend(4*time.Millisecond, 10, 512<<10) // 4 + 10 · (0.1 + 0.512) ms, a twentieth of two CPUs
		require.Equal(t, 101200*time.Microsecond, p.waited(t))
		require.Zero(t, p.waited(t))
		p.spend(time.Hour, 1, 0)
		p.spend(time.Hour, 1, 0)
		require.Equal(t, paceMax, p.waited(t), "but not for long")
		selling.Store(false)
		p.spend(time.Millisecond, 0, 0)
		require.Equal(t, 10*time.Millisecond, p.waited(t), "a sale goes on for a while")
		time.Sleep(paceLasts) //nolint:forbidigo // fake time
		p.spend(time.Hour, 1, 0)
		require.Zero(t, p.waited(t))
		unwanted := make(chan struct{})
		close(unwanted)
		selling.Store(true)
		p.spend(time.Hour, 1, 0)
		require.False(t, p.wait(unwanted))
	})
}

// rush is an event that changes every 5 ms, and whose views take 10 ms to read.
type rush struct {
	SeatMaps
	started time.Time
	looks   atomic.Int32
	first   *eventra.SeatsView
}

func (r *rush) version() uint64 { return 1 + uint64(time.Since(r.started)/(5*time.Millisecond)) }

func (r *rush) Seats(context.Context, eventra.ID) (*eventra.SeatsView, bool, error) {
	r.looks.Add(1)
	view := *r.first
	view.Version = r.version()
	time.Sleep(10 * time.Millisecond) //nolint:forbidigo // fake time
	return &view, false, nil
}

// Readers who come again as soon as they are answered: however many they are and however
// costly their answers, each one is as new as the request and comes within a second.
func TestEncodedSeatMaps_AnswerInARushAsNewAsAsked(t *testing.T) {
	t.Parallel()
	for _, readers := range []int{1, 16, 1000} {
		synctest.Test(t, func(t *testing.T) {
			var selling atomic.Bool
			selling.Store(true)
			pace := testPace(&selling)
			event := &rush{started: time.Now(), first: house(2000)}
			views, maps := newSharedViews(event, pace), newEncodedSeatMaps(event, pace, testSeatMapsMaxBytes)
			defer maps.close()
			var all sync.WaitGroup
			var answers atomic.Int32
			for range readers {
				all.Go(func() {
					for time.Since(event.started) < 10*time.Second {
						begun, version := time.Now(), event.version()
						read := views.read(t.Context(), event.first.EventID)
						m, err := maps.encode(t.Context(), read.view, read.asked, seatPart{}, codingGzip)
						if err != nil {
							t.Error(err)
							return
						}
						answers.Add(1)
						if m.view.Version < version || time.Since(begun) > time.Second {
							t.Errorf("version %d for a reader of %d, after %v", m.view.Version, version, time.Since(begun))
						}
						if age := time.Duration(event.version()-m.view.Version) * 5 * time.Millisecond; age > 100*time.Millisecond {
							t.Errorf("an answer is %v old", age)
						}
					}
				})
			}
			all.Wait()
			require.GreaterOrEqual(t, int(answers.Load()), 18*readers)
			require.Less(t, int(event.looks.Load()), 2*10*1000/25, "a read is for all readers")
		})
	}
}
