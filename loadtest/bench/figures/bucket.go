package figures

import (
	"maps"
	"math"
	"slices"
)

// Buckets are a histogram's cumulative counts by upper bound, as Prometheus
// has them.
type Buckets map[float64]float64

// Since takes away what was counted before.
func (b Buckets) Since(before Buckets) Buckets {
	rest := Buckets{}
	for bound, n := range b {
		rest[bound] = n - before[bound]
	}
	return rest
}

// Quantile is the bound of the bucket that the quantile lies in: it is at most
// that. NaN if nothing was counted.
func (b Buckets) Quantile(q float64) float64 {
	bounds := slices.Sorted(maps.Keys(b))
	if len(bounds) == 0 || b[bounds[len(bounds)-1]] == 0 {
		return math.NaN()
	}
	total := b[bounds[len(bounds)-1]]
	for _, bound := range bounds {
		if b[bound] >= q*total {
			return bound
		}
	}
	return math.Inf(1)
}
