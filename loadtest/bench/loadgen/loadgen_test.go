package loadgen

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/http1"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

var get = &http1.Request{Method: "GET", Path: "/"}

func TestGenerator_Count_RunsEachStepOnce(t *testing.T) {
	var requests atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%5 == 0 {
			w.WriteHeader(http.StatusConflict)
		}
	})
	var steps [100]atomic.Int64
	result := Generator{Address: address, Connections: 7}.Count(100, func(w *Worker, i int64) {
		steps[i].Add(1)
		w.Do(get, time.Time{})
	})
	for i := range steps {
		require.EqualValues(t, 1, steps[i].Load())
	}
	require.EqualValues(t, 100, result.Requests)
	require.EqualValues(t, 80, result.Accepted())
	require.EqualValues(t, 20, result.Refused())
	require.Zero(t, result.Errors)
	require.Positive(t, result.P50)
	require.LessOrEqual(t, result.P99, result.Max)
}

func TestGenerator_Count_GoesOnAfterAnError(t *testing.T) {
	var requests atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
	})
	result := Generator{Address: address, Connections: 1}.Count(3, func(w *Worker, _ int64) { w.Do(get, time.Time{}) })
	require.EqualValues(t, 1, result.Errors)
	require.EqualValues(t, 2, result.Requests)
}

func TestGenerator_Rate_CountsFromTheDueTime(t *testing.T) {
	var requests atomic.Int64
	address := serve(t, func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == 1 {
			<-time.After(200 * time.Millisecond) // a slow server
		}
	})
	stop := make(chan struct{})
	time.AfterFunc(100*time.Millisecond, func() { close(stop) })
	result := Generator{Address: address, Connections: 1}.Rate(100, stop, func(w *Worker, _ int64, due time.Time) { w.Do(get, due) })
	require.GreaterOrEqual(t, result.Max, 200*time.Millisecond)
}

func TestGenerator_For_RunsForTheDuration(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	var steps int64
	result := Generator{Address: address, Connections: 4}.For(50*time.Millisecond, func(w *Worker, _ int64) { atomic.AddInt64(&steps, 1); w.Do(get, time.Time{}) })
	require.Equal(t, steps, result.Requests)
	require.GreaterOrEqual(t, result.Took, 50*time.Millisecond)
}

func TestGenerator_Others_AreUsedInTurn(t *testing.T) {
	g := Generator{Address: "a", Others: []string{"b", "c"}}
	require.Equal(t, []string{"a", "b", "c", "a"}, []string{g.addressOf(0), g.addressOf(1), g.addressOf(2), g.addressOf(3)})
	require.Equal(t, "a", Generator{Address: "a"}.addressOf(5))
}
