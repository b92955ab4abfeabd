package scenario

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

func TestCoprime_ReachesAllIndices(t *testing.T) {
	for _, n := range []int{1, 2, 10, 1000, 25_000, 100_000} {
		step, reached := coprime(n), map[int]bool{}
		for i := range n {
			reached[i*step%n] = true
		}
		require.Len(t, reached, n)
	}
}

func TestHoldRequest_NamesTheSeats(t *testing.T) {
	//nolint:testifylint // encoded-compare: these bytes are sent
	require.Equal(t, `{"eventId":"E","seats":["A-1-1","A-1-2"]}`, string(holdRequest("t", "E", "A-1-1", "A-1-2").Body))
	require.Equal(t, "7", idOf([]byte(`{"id":"7","eventId":"8"}`)))
	require.Empty(t, idOf([]byte(`{}`)))
}

func TestBench_Count_FailsForOtherOutcomes(t *testing.T) {
	var out bytes.Buffer
	b := &bench{out: &out}
	result := stats.Result{Requests: 12}
	before := map[int]int64{201: 5}
	b.count(&result, variant{name: "one", what: accepted}, before, map[int]int64{201: 15, 200: 0})
	require.Empty(t, b.failures)
	require.Equal(t, map[int]int64{201: 10}, result.Statuses)

	b.count(&result, variant{name: "one", what: refused}, before, map[int]int64{201: 15, 409: 2})
	require.Len(t, b.failures, 1)
	require.Contains(t, out.String(), "one: 10 of 12 were not refused: 201×10 409×2")

	b.count(&result, variant{name: "one", what: accepted}, before, before)
	require.Len(t, b.failures, 2, "without counts of the server, those of the client stay")
}
