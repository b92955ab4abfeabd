// Package stats computes with measurements: quantiles, medians of repeated runs, and
// ratios of paired runs.
package stats

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is the result of one run.
type Result struct {
	Took     time.Duration
	Requests int64         // with a response
	Statuses map[int]int64 // number of responses, counted by the server or the client
	Errors   int64         // connections refused or lost, and missing responses
	P50      time.Duration
	P99      time.Duration
	Max      time.Duration
	ShedP99  time.Duration // of responses with 503, which the other times exclude
	CPU      time.Duration // of the server's process, for all requests
	Note     string
}

// Accepted counts responses below 400.
func (r *Result) Accepted() (n int64) { return r.count(func(status int) bool { return status < 400 }) }

// Refused counts responses with 409: the seats are unavailable.
func (r *Result) Refused() int64 { return r.Statuses[409] }

// Failed counts all other responses. Most scenarios allow none.
func (r *Result) Failed() int64 {
	return r.count(func(status int) bool { return status >= 400 && status != 409 })
}

func (r *Result) count(keep func(status int) bool) (n int64) {
	for status, times := range r.Statuses {
		if keep(status) {
			n += times
		}
	}
	return n
}

// PerSecond returns the rate of a count of this run.
func (r *Result) PerSecond(n int64) float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(n) / r.Took.Seconds()
}

// CPUPerRequest returns the server's CPU time by request.
func (r *Result) CPUPerRequest() time.Duration {
	if r.Requests == 0 {
		return 0
	}
	return r.CPU / time.Duration(r.Requests)
}

// Outcomes formats the statuses, such as "201×1204 409×31".
func (r *Result) Outcomes() string {
	var statuses []int
	for status, n := range r.Statuses {
		if n > 0 {
			statuses = append(statuses, status)
		}
	}
	slices.Sort(statuses)
	var out []string
	for _, status := range statuses {
		out = append(out, fmt.Sprintf("%d×%d", status, r.Statuses[status]))
	}
	return strings.Join(out, " ")
}

// Median returns the middle value, or the mean of the two in the middle; 0 without
// values.
func Median[T ~int64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Ratios divides pair by pair: the runs of a pair had the same conditions.
func Ratios(over, under []float64) (ratios []float64) {
	for i := range min(len(over), len(under)) {
		if under[i] > 0 {
			ratios = append(ratios, over[i]/under[i])
		}
	}
	return ratios
}

// Quantile returns the q-quantile of sorted durations by the nearest-rank method: the
// least that a share q of all does not exceed.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	at := int(q*float64(len(sorted))+0.9999999) - 1
	return sorted[max(0, min(at, len(sorted)-1))]
}
