package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra/loadtest/bench/report"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
)

// variant is one of several loads that are measured in turn.
type variant struct {
	name string
	at   *system.Server
	// what is counted. Any other outcome fails the scenario.
	what outcome
	// shared means that others use the server, too, so that its counts are not the load's.
	shared bool
	// prepare does the part that is not measured.
	prepare func(ctx context.Context) (measurement, error)
}

type measurement func(ctx context.Context) (stats.Result, error)

type outcome struct {
	name  string
	count func(*stats.Result) int64
	other func(*stats.Result) int64 // counts what must not occur
}

var (
	accepted = outcome{"accepted", (*stats.Result).Accepted, (*stats.Result).Refused}
	refused  = outcome{"refused", (*stats.Result).Refused, (*stats.Result).Accepted}
	answered = outcome{"answered", (*stats.Result).Accepted, (*stats.Result).Refused}
)

// quietPause is the pause before a run, for the background work of the previous one.
const quietPause = 500 * time.Millisecond

// compare runs the variants in turn, Runs times, and compares the first one with each
// of the others. Paired runs have the same conditions, so that their ratio is more
// reliable than the rates.
func (b *bench) compare(ctx context.Context, title string, variants ...variant) error {
	results, err := b.alternate(ctx, title, variants)
	if err != nil {
		return err
	}
	for i := 1; i < len(variants); i++ {
		b.sayRatio(title, variants, results, 0, i)
	}
	return nil
}

// compareWith compares each of the other variants with a base, as compare does.
func (b *bench) compareWith(ctx context.Context, title string, base variant, others ...variant) error {
	variants := append([]variant{base}, others...)
	results, err := b.alternate(ctx, title, variants)
	if err != nil {
		return err
	}
	for i := range others {
		b.sayRatio(title, variants, results, 1+i, 0)
	}
	return nil
}

// alternate runs the variants in turn, Runs times, and prints the medians.
func (b *bench) alternate(ctx context.Context, title string, variants []variant) ([][]stats.Result, error) {
	b.say(" %s", title)
	results := make([][]stats.Result, len(variants))
	told := &progress{out: b.Progress, scenario: b.name, of: b.Runs * len(variants), started: time.Now()}
	for run := range b.Runs {
		for i, v := range variants {
			told.begin(v.name)
			result, err := b.measure(ctx, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
			results[i] = append(results[i], result)
			told.end(result.PerSecond(v.what.count(&result)), v.what.name)
			b.say("  %d %-16s %s", run+1, v.name, describe(&result, v.what))
		}
	}
	for i, v := range variants {
		b.sayMedians(title, v, results[i])
	}
	return results, nil
}

func (b *bench) measure(ctx context.Context, v variant) (result stats.Result, err error) {
	run, err := v.prepare(ctx)
	if err != nil {
		return result, err
	}
	if err := v.at.Vacuum(ctx); err != nil {
		return result, err
	}
	time.Sleep(quietPause)
	before, err := v.at.Statuses()
	if err != nil {
		return result, err
	}
	load, cpu, machine := system.MachineLoad(), v.at.CPU(), system.ReadMachine()
	profiled := make(chan error, 1)
	go func() { profiled <- v.at.Profile(b.For, b.Settings.Profiles, b.name+"-"+v.name) }()
	if result, err = run(ctx); err != nil {
		return result, err
	}
	result.CPU = v.at.CPU() - cpu
	result.Note = strings.TrimSpace(fmt.Sprintf("%s %s machine load %s", result.Note,
		system.ReadMachine().Since(machine, result.Requests), load))
	if err := <-profiled; err != nil {
		return result, err
	}
	after, err := v.at.Statuses()
	if err != nil {
		return result, err
	}
	b.count(&result, v, before, after)
	return result, nil
}

// count takes the statuses from the server, which costs the client nothing. They
// include a few requests that were in flight when the client stopped.
func (b *bench) count(result *stats.Result, v variant, before, after map[int]int64) {
	counted := map[int]int64{}
	for status, n := range after {
		if n -= before[status]; n > 0 {
			counted[status] = n
		}
	}
	if len(counted) > 0 && !v.shared {
		result.Statuses = counted
	}
	if n := v.what.other(result) + result.Failed() + result.Errors; n > 0 {
		b.fail("%s: %d of %d were not %s: %s, errors %d", v.name, n, result.Requests, v.what.name, result.Outcomes(), result.Errors)
	}
}

func describe(r *stats.Result, what outcome) string {
	return fmt.Sprintf("%8.0f/s %s, p50 %s, p99 %s, max %s, errors %d, %s, %d µs of server CPU each, %s",
		r.PerSecond(what.count(r)), what.name, ms(r.P50), ms(r.P99), ms(r.Max), r.Errors, r.Outcomes(),
		r.CPUPerRequest().Microseconds(), r.Note)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", millis(d)) }

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// rates returns the rate of each run.
func (v variant) rates(results []stats.Result) (rates []float64) {
	for _, r := range results {
		rates = append(rates, r.PerSecond(v.what.count(&r)))
	}
	return rates
}

func (b *bench) sayMedians(title string, v variant, results []stats.Result) {
	var p50, p99, most []time.Duration
	for _, r := range results {
		p50, p99, most = append(p50, r.P50), append(p99, r.P99), append(most, r.Max)
	}
	rate := report.Rate{Scenario: b.name, Title: title, Variant: v.name, What: v.what.name, PerSecond: stats.Median(v.rates(results)),
		P50Millis: millis(stats.Median(p50)), P99Millis: millis(stats.Median(p99)), MaxMillis: millis(stats.Median(most)), Runs: len(results)}
	b.say("  = %-16s %8.0f/s %s, p50 %.1f ms, p99 %.1f ms, max %.1f ms (medians of %d)", v.name, rate.PerSecond, v.what.name,
		rate.P50Millis, rate.P99Millis, rate.MaxMillis, rate.Runs)
	if b.Report != nil {
		b.Report.Rates = append(b.Report.Rates, rate)
	}
}

func (b *bench) sayRatio(title string, variants []variant, results [][]stats.Result, over, under int) {
	runs := stats.Ratios(variants[over].rates(results[over]), variants[under].rates(results[under]))
	ratio := report.Ratio{Scenario: b.name, Title: title, Over: variants[over].name, Under: variants[under].name, Median: stats.Median(runs), Runs: runs}
	b.say("  = %s / %s: %.2f (median of %.2f)", ratio.Over, ratio.Under, ratio.Median, runs)
	if b.Report != nil {
		b.Report.Ratios = append(b.Report.Ratios, ratio)
	}
}
