package actors

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func numbered(n int) (id eventra.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func TestBookingEvents(t *testing.T) {
	t.Parallel()
	var cache bookingEvents
	_, known := cache.get(numbered(1))
	require.False(t, known)
	const all = 5 * bookingEventsMax
	for n := range all {
		cache.put(numbered(n), numbered(-n))
		if n%97 != 0 {
			continue
		}
		recent := max(0, n-bookingEventsMax)
		event, known := cache.get(numbered(recent))
		require.True(t, known, "a generation of bookings is kept at least")
		require.Equal(t, numbered(-recent), event)
	}
	require.LessOrEqual(t, len(cache.young)+len(cache.old), 2*bookingEventsMax)
	_, known = cache.get(numbered(all - 2*bookingEventsMax - 1))
	require.False(t, known)
}

func BenchmarkBookingEvents(b *testing.B) {
	var cache bookingEvents
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		cache.put(numbered(n), numbered(1))
		cache.get(numbered(n))
	}
}
