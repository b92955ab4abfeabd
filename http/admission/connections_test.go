package admission

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConnectionsFor_LeavesDescriptorsToTheRest(t *testing.T) {
	for descriptors, connections := range map[uint64]int{
		0: connectionsMaxDefault, 1: 1, 2: 1, 200: 100, 511: 256, 512: 256, 1024: 768, 20_000: connectionsMaxDefault, math.MaxUint64: connectionsMaxDefault,
	} {
		require.Equal(t, connections, connectionsFor(descriptors), descriptors)
	}
}

func TestShares_Take(t *testing.T) {
	s := Shares{Max: 3, EachMax: 2}
	require.True(t, s.Take("a"))
	require.True(t, s.Take("a"))
	require.False(t, s.Take("a"), "one too many of its own")
	require.True(t, s.Take("b"))
	require.False(t, s.Take("c"), "one too many of all")
	s.Give("a")
	require.True(t, s.Take("c"))
	s.Give("a")
	s.Give("b")
	s.Give("c")
	require.Empty(t, s.each)

	var unbounded Shares
	for range 1000 {
		require.True(t, unbounded.Take("a"))
	}
}

func TestLingerRate_SharesOneRate(t *testing.T) {
	var r lingerRate
	now := time.Unix(1_800_000_000, 0)
	const perSecond = lingerBytesPerSecond / lingerChunkBytes
	var last time.Time
	for range perSecond + 1 {
		last = r.turn(now)
	}
	require.WithinDuration(t, now.Add(time.Second), last, time.Millisecond)
	later := now.Add(time.Minute)
	require.Equal(t, later, r.turn(later), "an unused rate is not saved up")
}
