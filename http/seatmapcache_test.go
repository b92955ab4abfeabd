package http

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

const testSeatMapsMaxBytes = 1 << 20

func testEncodedSeatMaps(t testing.TB) *encodedSeatMaps {
	t.Helper()
	unreachable := newFakes() // what a view that has waited for long is read from again
	unreachable.fail(eventra.Errorf(eventra.CodeUnavailable, "away"))
	maps := newEncodedSeatMaps(unreachable, nil, testSeatMapsMaxBytes)
	t.Cleanup(maps.close)
	return maps
}

// get encodes within the test's time.
func (e *encodedSeatMaps) get(t testing.TB, view *eventra.SeatsView, part seatPart, coding string) []byte {
	t.Helper()
	m, err := e.encode(t.Context(), view, time.Now(), part, coding)
	require.NoError(t, err)
	return m.body
}

func TestEncodedSeatMaps_KeepTheNewest(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	older := seatView("A", "1", "EUR", 3)
	newer := *older
	newer.Version++
	first := maps.get(t, older, seatPart{}, "")
	require.Same(t, &first[0], &maps.get(t, older, seatPart{}, "")[0])
	second := maps.get(t, &newer, seatPart{}, "")
	require.NotEqual(t, string(first), string(second))
	require.Same(t, &second[0], &maps.get(t, older, seatPart{}, "")[0], "a reader who has seen an older version gets the newer one")
	restored := *older
	restored.Version--
	m, ok := maps.wholes.GetIfPresent(encodedKey{eventID: older.EventID})
	require.True(t, ok)
	m.asked = m.asked.Add(-encodedServesFor)
	require.Equal(t, string(appendSeatMap(nil, &restored, seatPart{})), string(maps.get(t, &restored, seatPart{}, "")), "but not for long")
}

func TestEncodedSeatMaps_EncodeOnceForAllReaders(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	view := seatView("A", "1", "EUR", 2000)
	for no := range view.Changed {
		view.Changed[no] = uint64(10 * (no % 3)) // 0, 10, 20
	}
	view.Version = 20
	for _, part := range []seatPart{{}, {section: "Ax", bySection: true}, {since: 0, bySince: true}, {section: "A", bySection: true, since: 12, bySince: true}} {
		bodies := make([][]byte, 50)
		var readers sync.WaitGroup
		for i := range bodies {
			asked := part
			if part.bySince {
				asked.since += uint64(i % 8) // nothing has changed in between
			}
			readers.Go(func() { bodies[i] = maps.get(t, view, asked, codingGzip) })
		}
		readers.Wait()
		for _, body := range bodies {
			require.Same(t, &bodies[0][0], &body[0])
		}
		require.Equal(t, string(appendSeatMap(nil, view, part)), unpacked(t, codingGzip, string(bodies[0])))
		require.NotSame(t, &bodies[0][0], &maps.get(t, view, part, "")[0], "each coding has an encoding of its own")
	}
}

// A reader that comes while an encoding runs must not get it if it is of a version from before: that
// may lack what this reader has just written.
func TestEncodedSeatMaps_LatecomersShareTheNext(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	older := seatView("A", "1", "EUR", 2000)
	<-maps.wholeTurns.free // the turn is taken: the first encoding waits
	for len(maps.wholeTurns.free) > 0 {
		<-maps.wholeTurns.free
	}
	key := encodedKey{eventID: older.EventID}
	ask := func(view *eventra.SeatsView) *encoding {
		return maps.join(&encoding{of: maps, key: key, cache: maps.wholes, turns: maps.wholeTurns, seats: 2000, view: view, asked: time.Now().Add(time.Minute)})
	}
	versions := make([]*eventra.SeatsView, 4)
	for i := range versions {
		v := *older
		v.Version += uint64(i)
		versions[i] = &v
	}
	first := ask(versions[0])
	require.Same(t, first, ask(versions[1]))
	require.Same(t, versions[1], first.view, "until it begins, it takes the newest version")
	require.True(t, first.begin())
	require.Same(t, first, ask(versions[0]), "who knows less may have it")
	second := ask(versions[2])
	require.NotSame(t, first, second)
	require.Same(t, second, ask(versions[3]))
	maps.wholeTurns.free <- struct{}{}
	for n, version := range map[*encoding]*eventra.SeatsView{first: versions[1], second: versions[3]} {
		m, err := n.wait(t.Context())
		require.NoError(t, err)
		require.Same(t, version, m.view)
	}
	require.Eventually(t, func() bool { maps.mu.Lock(); defer maps.mu.Unlock(); return len(maps.running) == 0 }, 5*time.Second, time.Millisecond)
}

func TestEncodedSeatMaps_ReadersThatHaveGoneWantNothing(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	for range cap(maps.wholeTurns.free) {
		<-maps.wholeTurns.free
	}
	view := seatView("A", "1", "EUR", 2000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := maps.encode(ctx, view, time.Now(), seatPart{}, "")
	require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(err))
	require.Empty(t, maps.running)
	require.Eventually(t, func() bool { return maps.wholeTurns.waiting.Load() == 0 }, 5*time.Second, time.Millisecond)
	maps.wholeTurns.free <- struct{}{}
	require.NotEmpty(t, maps.get(t, view, seatPart{}, ""), "the next reader is served")
}

func TestEncodingTurns_AreBoundedAndRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newEncodingTurns()
		for range cap(turns.free) {
			require.True(t, turns.take(nil))
		}
		for range encodingsWaitingMax {
			go turns.take(nil)
		}
		synctest.Wait()
		require.False(t, turns.take(nil), "one too many")
		unwanted := make(chan struct{})
		close(unwanted)
		turns.give(time.Millisecond)
		time.Sleep(encodingRest*time.Millisecond - 1) //nolint:forbidigo // fake time
		require.EqualValues(t, encodingsWaitingMax, turns.waiting.Load(), "the turn rests")
		time.Sleep(time.Nanosecond) //nolint:forbidigo // fake time
		synctest.Wait()
		require.EqualValues(t, encodingsWaitingMax-1, turns.waiting.Load())
		require.False(t, turns.take(unwanted))
		for range encodingsWaitingMax {
			turns.give(time.Hour)
		}
		time.Sleep(encodingRestMax) //nolint:forbidigo // fake time
		synctest.Wait()
		require.Zero(t, turns.waiting.Load())
	})
}

// Forty clients that ask for all of a large event as changes or by section share what is
// encoded for them.
func TestSeats_ManyReadersOfALargeEventTakeLittleMemory(t *testing.T) {
	ts := newTestServerAlone(t)
	id, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	view := seatView("PARKETT", "12", "EUR", eventra.SeatsPerEventMax)
	view.EventID, view.Version = id, 100
	for no := range view.Changed {
		view.Changed[no] = uint64(50 + no%50)
	}
	ts.fakes.mu.Lock()
	ts.fakes.views[id] = view
	ts.fakes.mu.Unlock()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var readers sync.WaitGroup
	for i := range 40 {
		query := "?since=" + strconv.Itoa(i)
		if i%2 == 1 {
			query = "?section=" + view.Layout.Sections[i/2%len(view.Layout.Sections)]
		}
		readers.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), "GET", ts.url+"/api/v1/events/"+ts.published+"/seats"+query, nil)
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Accept-Encoding", "identity")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = resp.Body.Close() }()
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 || n < 1<<20 {
				t.Errorf("%s: %d, %d bytes, %v", query, resp.StatusCode, n, err)
			}
		})
	}
	readers.Wait()
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(400<<20), "all that was allocated, freed or not; an encoding for each reader takes some 1,400 MiB")
}

func TestEncodedSeatMaps_AreBounded(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	view := seatView("PARKETT", "12", "EUR", 100)
	size := uint64(cap(maps.get(t, view, seatPart{}, ""))) + 9*100
	maps.wholes.CleanUp()
	require.Equal(t, size, maps.wholes.WeightedSize(), "the weight is the size of the encoding")
	for range testSeatMapsMaxBytes/size + 10 {
		other := *view
		other.EventID = newID()
		maps.get(t, &other, seatPart{}, "")
	}
	maps.wholes.CleanUp()
	require.LessOrEqual(t, maps.wholes.WeightedSize(), uint64(testSeatMapsMaxBytes))
	require.Greater(t, maps.wholes.WeightedSize(), uint64(testSeatMapsMaxBytes)-2*size)
}

// BenchmarkEncodedSeatMaps measures a read that finds the map encoded.
func BenchmarkEncodedSeatMaps(b *testing.B) {
	maps := testEncodedSeatMaps(b)
	var view *eventra.SeatsView
	for range 100 {
		view = seatView("A", "1", "EUR", 10)
		maps.get(b, view, seatPart{}, codingBrotli)
	}
	b.ReportAllocs()
	for b.Loop() {
		maps.get(b, view, seatPart{}, codingBrotli)
	}
}
