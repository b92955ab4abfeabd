// Package figures is the arithmetic of measurements: quantiles, medians of
// repeated runs, and ratios of what was measured side by side.
package figures

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is what one run of one contender came to.
type Result struct {
	Took     time.Duration
	Requests int64         // that were answered
	Statuses map[int]int64 // of the answers, as the server or the client counted them
	Errors   int64         // connections refused or lost, and answers that did not come in time
	P50      time.Duration
	P99      time.Duration
	Max      time.Duration
	// TurnedAwayP99 is of the answers 503, which are not among the other times.
	TurnedAwayP99 time.Duration
	CPU           time.Duration // of the server's process, for all requests
	Note          string
}

// Accepted counts answers below 400.
func (r *Result) Accepted() (n int64) { return r.count(func(status int) bool { return status < 400 }) }

// Refused counts conflicts: the seats are gone.
func (r *Result) Refused() int64 { return r.Statuses[409] }

// Failed counts all other answers: with Errors, what must be none.
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

// PerSecond turns a count of this run into a rate.
func (r *Result) PerSecond(n int64) float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(n) / r.Took.Seconds()
}

// CPUPerRequest is how long the server computed for a request.
func (r *Result) CPUPerRequest() time.Duration {
	if r.Requests == 0 {
		return 0
	}
	return r.CPU / time.Duration(r.Requests)
}

// Outcomes writes the statuses, such as "201×1204 409×31".
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

// Median is the middle value, the mean of the two in the middle if there are
// two, and 0 of none.
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

// Ratios divides pair by pair: what was measured side by side had the same
// weather.
func Ratios(over, under []float64) (ratios []float64) {
	for i := range min(len(over), len(under)) {
		if under[i] > 0 {
			ratios = append(ratios, over[i]/under[i])
		}
	}
	return ratios
}

// Quantile of times that are sorted already: the smallest one that at least
// this part of all does not exceed.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	at := int(q*float64(len(sorted))+0.9999999) - 1
	return sorted[max(0, min(at, len(sorted)-1))]
}
