package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// placing assigns events to databases by a forecast of their demand.
type placing struct {
	name  string
	place func(forecast []float64, databases int, random *rand.Rand) []int
}

var placings = []placing{
	{"hash", byHash},
	{"directory, by count", func(forecast []float64, databases int, random *rand.Rand) []int {
		same := slices.Repeat([]float64{1}, len(forecast))
		return byForecast(same, databases, random)
	}},
	{"directory, by forecast", byForecast},
}

func byHash(forecast []float64, databases int, random *rand.Rand) []int {
	at := make([]int, len(forecast))
	for i := range at {
		at[i] = random.IntN(databases)
	}
	return at
}

// byForecast assigns events in random order, each to the database with the least
// expected demand so far.
func byForecast(forecast []float64, databases int, random *rand.Rand) []int {
	at, expected := make([]int, len(forecast)), make([]float64, databases)
	for _, event := range random.Perm(len(forecast)) {
		at[event] = slices.Index(expected, slices.Min(expected))
		expected[at[event]] += forecast[event]
	}
	return at
}

// moveHottest reassigns the events with the highest forecasts, as an operator does
// before a sale: the largest first, each to the database with the least expected
// demand.
func moveHottest(at []int, forecast []float64, databases, count int) {
	order := make([]int, len(forecast))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, forecast[b]-forecast[a])) })
	expected := make([]float64, databases)
	moved := order[:min(count, len(order))]
	for _, event := range order[len(moved):] {
		expected[at[event]] += forecast[event]
	}
	for _, event := range moved {
		at[event] = slices.Index(expected, slices.Min(expected))
		expected[at[event]] += forecast[event]
	}
}

// zipf returns shares of demand: the n-th event has 1/n^skew of the first.
func zipf(events int, skew float64) []float64 {
	shares, sum := make([]float64, events), 0.0
	for i := range shares {
		shares[i] = math.Pow(float64(i+1), -skew)
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// spread is the ratio of the busiest database's load to the mean load, over many runs.
type spread struct{ mean, p95, floor float64 }

// simulate places events by forecasts with log-normal errors of a given sigma.
func simulate(p placing, moved, events, databases, runs int, skew, sigma float64, seed uint64) spread {
	random := rand.New(rand.NewPCG(seed, 1))
	demand := zipf(events, skew)
	ratios, forecast := make([]float64, runs), make([]float64, events)
	for run := range ratios {
		for i, d := range demand {
			forecast[i] = d * math.Exp(sigma*random.NormFloat64())
		}
		at := p.place(forecast, databases, random)
		moveHottest(at, forecast, databases, moved)
		ratios[run] = ratio(at, demand, databases)
	}
	slices.Sort(ratios)
	s := spread{p95: ratios[(runs-1)*95/100], floor: max(1, demand[0]*float64(databases))}
	for _, r := range ratios {
		s.mean += r / float64(runs)
	}
	return s
}

func ratio(at []int, demand []float64, databases int) float64 {
	load, sum := make([]float64, databases), 0.0
	for event, d := range demand {
		load[at[event]] += d
		sum += d
	}
	return slices.Max(load) * float64(databases) / sum
}
