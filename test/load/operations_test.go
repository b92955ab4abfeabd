package load

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

func at(ms int) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
}

func op(from, to, status int, code string) client.Operation {
	return client.Operation{Kind: client.Hold, Start: at(from), End: at(to), Took: at(to).Sub(at(from)), Status: status, Code: code}
}

func TestOperations_FirstSuccess_IgnoresEarlierStarts(t *testing.T) {
	ops := Operations{op(0, 120, 201, ""), op(90, 130, 201, ""), op(101, 110, 503, "unavailable"), op(105, 900, 201, ""), op(140, 300, 201, "")}
	took, found := ops.FirstSuccess(at(100))
	require.True(t, found)
	require.Equal(t, 200*time.Millisecond, took)
	_, found = ops.FirstSuccess(at(200))
	require.False(t, found)
}

func TestOperations_Failed_KeepsOutages(t *testing.T) {
	ops := Operations{op(0, 1, 201, ""), op(10, 11, 409, "seats_unavailable"), op(20, 21, 409, "sale_closed"), op(30, 31, 503, "unavailable"), op(40, 41, 0, "")}
	require.Len(t, ops.Failed(), 3)
	require.Equal(t, 40*time.Millisecond, ops.LastFailure(at(0)))
	require.Equal(t, "1 × 201, 1 × 409 sale_closed, 1 × 409 seats_unavailable, 1 × 503 unavailable, 1 × no answer", ops.Tally())
}

func TestSeatSource_Fresh_HandsOutEachSeatOnce(t *testing.T) {
	source := NewSeatSource(&client.Sale{ID: "e", House: client.House{Rows: 4, SeatsPerRow: 5}})
	given := map[string]bool{}
	for seats := source.Fresh(2); seats != nil; seats = source.Fresh(2) {
		for _, seat := range seats {
			require.False(t, given[seat])
			given[seat] = true
		}
	}
	require.Len(t, given, 14) // a quarter of 20 is contended, and one is left
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		require.False(t, given[source.Contended(random)])
	}
}
