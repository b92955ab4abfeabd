package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLooksThatFollowEachOtherAreOneAbsence(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	r := readiness{away: map[string][]absence{}}
	r.note("i1", absence{at(10), at(10.1)})
	r.note("i1", absence{at(10.05), at(11)}) // it goes on
	r.note("i2", absence{at(10.05), at(10.2)})
	r.note("i1", absence{at(20), at(20.5)})
	require.Len(t, r.away["i1"], 2)
	require.Equal(t, "1.0 s, i1", r.longest())
}
