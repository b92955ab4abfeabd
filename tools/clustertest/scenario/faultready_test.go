package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/tools/clustertest/client"
)

func TestWhoIsNotReadyIsInDoubtForAMoment(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	r := readiness{away: map[string][]absence{}}
	r.note("i1", absence{at(10), at(10.1)})
	r.note("i1", absence{at(10.05), at(10.2)}) // it goes on
	r.note("i1", absence{at(20), at(21)})
	require.Len(t, r.away["i1"], 2)
	require.Equal(t, "1.0 s, i1", r.longest())

	doubtful := func(target string, from, to float64) bool {
		return r.doubtful(&client.Operation{Target: target, Start: at(from), End: at(to)})
	}
	require.True(t, doubtful("i1", 10.1, 10.15))
	require.True(t, doubtful("i1", 9.5, 9.6), "what /readyz says may be a second old")
	require.True(t, doubtful("i1", 5, 30))
	require.False(t, doubtful("i1", 15, 16))
	require.False(t, doubtful("i2", 10.1, 10.15))
}
