package stats

import (
	"maps"
	"math"
	"slices"
)

// Buckets are the cumulative counts of a Prometheus histogram by upper bound.
type Buckets map[float64]float64

// Since returns the counts since an earlier reading.
func (b Buckets) Since(before Buckets) Buckets {
	rest := Buckets{}
	for bound, n := range b {
		rest[bound] = n - before[bound]
	}
	return rest
}

// Quantile returns the upper bound of the bucket of the quantile, NaN if the
// histogram is empty.
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
