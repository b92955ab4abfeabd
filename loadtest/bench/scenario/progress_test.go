package scenario

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/loadtest/bench/report"
	"github.com/eventra/eventra/loadtest/bench/stats"
)

func TestProgress_TellsHowFarItIs(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out, scenario: "keyed", of: 4, started: time.Now().Add(-10 * time.Second)}
	p.begin("plain")
	p.end(1234, "accepted")
	p.begin("keyed")
	require.Equal(t, "keyed: run 1 of 4, plain\nkeyed: run 2 of 4, keyed, about 30 s left; the last had 1234/s accepted\n", out.String())
	(&progress{}).begin("nobody is told")
}

func TestBench_FillsTheReport(t *testing.T) {
	var out bytes.Buffer
	b := &bench{out: &out, name: "keyed", Settings: Settings{Report: &report.Report{}}}
	variants := []variant{{name: "keyed", what: accepted}, {name: "plain", what: accepted}}
	run := func(n int64) stats.Result {
		return stats.Result{Took: time.Second, Statuses: map[int]int64{201: n}, P50: 1500 * time.Microsecond}
	}
	results := [][]stats.Result{{run(10), run(30)}, {run(20), run(40)}}
	b.sayMedians("256 connections", variants[0], results[0])
	b.sayRatio("256 connections", variants, results, 0, 1)
	b.fail("%d seats are left", 3)
	require.Equal(t, []report.Rate{{Scenario: "keyed", Title: "256 connections", Variant: "keyed", What: "accepted", PerSecond: 20, P50Millis: 1.5, Runs: 2}}, b.Report.Rates)
	require.Equal(t, []report.Ratio{{Scenario: "keyed", Title: "256 connections", Over: "keyed", Under: "plain", Median: 0.625, Runs: []float64{0.5, 0.75}}}, b.Report.Ratios)
	require.Equal(t, []string{"keyed: 3 seats are left"}, b.Report.Failures)
	require.Contains(t, out.String(), "keyed / plain: 0.62")
}

func TestVisit_PicksSeatsSideBySide(t *testing.T) {
	c := &buyers{taken: [][]atomic.Bool{make([]atomic.Bool, arena.Size())}, think: time.Hour}
	for n := range arena.SeatsPerRow {
		c.taken[0][n].Store(true) // the first row
	}
	for range 1000 {
		first, group := visit{buyers: c}.pick(0)
		require.GreaterOrEqual(t, first, arena.SeatsPerRow)
		require.Equal(t, first/arena.SeatsPerRow, (first+group-1)/arena.SeatsPerRow, "one row")
		require.LessOrEqual(t, group, groupMax)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, visit{buyers: c}.pause(over))
}

func TestStep_FailsForOtherAnswers(t *testing.T) {
	var out bytes.Buffer
	b := &bench{out: &out}
	s := newStep("hold", 201, 409)
	s.add(201, time.Millisecond)
	s.add(409, time.Millisecond)
	b.sayStep(s, time.Second)
	require.Empty(t, b.failures)
	s.add(500, time.Millisecond)
	b.sayStep(s, time.Second)
	s = newStep("pay", 201)
	s.add(0, 0)
	b.sayStep(s, time.Second)
	require.Len(t, b.failures, 2)
	require.ErrorContains(t, b.failures[0], "500×1")
}
