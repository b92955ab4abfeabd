package http

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

const testSeatMapsMaxBytes = 1 << 20

func testEncodedSeatMaps(t testing.TB) encodedSeatMaps {
	t.Helper()
	maps := newEncodedSeatMaps(testSeatMapsMaxBytes)
	t.Cleanup(maps.close)
	return maps
}

func TestEncodedSeatMaps_KeepTheNewest(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	older := seatView("A", "1", "EUR", 3)
	newer := *older
	newer.Version++
	first := maps.encode(older, seatPart{}, "")
	require.Same(t, &first[0], &maps.encode(older, seatPart{}, "")[0])
	second := maps.encode(&newer, seatPart{}, "")
	require.NotEqual(t, string(first), string(second))
	require.Equal(t, string(first), string(maps.encode(older, seatPart{}, "")))
	require.Same(t, &second[0], &maps.encode(&newer, seatPart{}, "")[0], "an older view does not displace a newer one")
}

func TestEncodedSeatMaps_EncodeOnceForAllReaders(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	view := seatView("A", "1", "EUR", 1000)
	bodies := make([][]byte, 50)
	var readers sync.WaitGroup
	for i := range bodies {
		readers.Go(func() { bodies[i] = maps.encode(view, seatPart{}, codingGzip) })
	}
	readers.Wait()
	for _, body := range bodies {
		require.Same(t, &bodies[0][0], &body[0])
	}
	require.NotSame(t, &bodies[0][0], &maps.encode(view, seatPart{}, "")[0], "each coding has an encoding of its own")
}

func TestEncodedSeatMaps_AreBounded(t *testing.T) {
	t.Parallel()
	maps := testEncodedSeatMaps(t)
	view := seatView("PARKETT", "12", "EUR", 100)
	size := uint64(cap(maps.encode(view, seatPart{}, "")))
	maps.cache.CleanUp()
	require.Equal(t, size, maps.cache.WeightedSize(), "the weight is the size of the encoding")
	for range testSeatMapsMaxBytes/size + 10 {
		other := *view
		other.EventID = newID()
		maps.encode(&other, seatPart{}, "")
	}
	maps.cache.CleanUp()
	require.LessOrEqual(t, maps.cache.WeightedSize(), uint64(testSeatMapsMaxBytes))
	require.Greater(t, maps.cache.WeightedSize(), uint64(testSeatMapsMaxBytes)-2*size)
}

// BenchmarkEncodedSeatMaps measures a read that finds the map encoded.
func BenchmarkEncodedSeatMaps(b *testing.B) {
	maps := testEncodedSeatMaps(b)
	var view *eventra.SeatsView
	for range 100 {
		view = seatView("A", "1", "EUR", 10)
		maps.encode(view, seatPart{}, codingBrotli)
	}
	b.ReportAllocs()
	for b.Loop() {
		maps.encode(view, seatPart{}, codingBrotli)
	}
}
