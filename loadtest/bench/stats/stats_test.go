package stats

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Equal(t, 0.0, Median[float64](nil))
	require.Equal(t, 3.0, Median([]float64{9, 1, 3}))
	require.Equal(t, 2.5, Median([]float64{4, 1, 2, 3}))
	require.Equal(t, 2*time.Second, Median([]time.Duration{time.Second, 3 * time.Second}))
	values := []float64{3, 1, 2}
	Median(values)
	require.Equal(t, []float64{3, 1, 2}, values, "the runs keep their order")
}

func TestRatios_DividesPairs(t *testing.T) {
	require.Equal(t, []float64{2, 5}, Ratios([]float64{4, 10}, []float64{2, 2}))
	require.Equal(t, []float64{2}, Ratios([]float64{4, 10}, []float64{2}), "an unfinished pair")
	require.Equal(t, []float64{5}, Ratios([]float64{4, 10}, []float64{0, 2}), "a run without a result")
}

func TestQuantile(t *testing.T) {
	var hundred []time.Duration
	for ms := range 100 {
		hundred = append(hundred, time.Duration(ms+1)*time.Millisecond)
	}
	require.Zero(t, Quantile(nil, 0.5))
	require.Equal(t, 50*time.Millisecond, Quantile(hundred, 0.5))
	require.Equal(t, 99*time.Millisecond, Quantile(hundred, 0.99))
	require.Equal(t, 100*time.Millisecond, Quantile(hundred, 1))
	require.Equal(t, time.Millisecond, Quantile(hundred, 0))
	require.Equal(t, time.Millisecond, Quantile(hundred[:1], 0.99))
}

func TestResult_CountsStatusesByMeaning(t *testing.T) {
	r := Result{Took: 2 * time.Second, Requests: 17, CPU: 34 * time.Microsecond,
		Statuses: map[int]int64{201: 10, 304: 1, 409: 4, 503: 2, 500: 0}}
	require.EqualValues(t, 11, r.Accepted())
	require.EqualValues(t, 4, r.Refused())
	require.EqualValues(t, 2, r.Failed())
	require.Equal(t, 5.5, r.PerSecond(r.Accepted()))
	require.Equal(t, 2*time.Microsecond, r.CPUPerRequest())
	require.Equal(t, "201×10 304×1 409×4 503×2", r.Outcomes())
	require.Zero(t, (&Result{}).PerSecond(1))
	require.Zero(t, (&Result{}).CPUPerRequest())
}

func TestBuckets_Quantile(t *testing.T) {
	now := Buckets{0.001: 10, 0.002: 90, 0.004: 100, math.Inf(1): 101}
	require.Equal(t, 0.002, now.Quantile(0.5))
	require.Equal(t, 0.004, now.Quantile(0.99))
	require.Equal(t, math.Inf(1), now.Quantile(1))
	late := now.Since(Buckets{0.001: 10, 0.002: 90, 0.004: 90, math.Inf(1): 90})
	require.Equal(t, 0.004, late.Quantile(0.5))
	require.True(t, math.IsNaN(Buckets{}.Quantile(0.5)))
	require.True(t, math.IsNaN(now.Since(now).Quantile(0.5)))
}
