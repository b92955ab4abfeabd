package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/stage"
)

// contender is one of those that are measured in turn.
type contender struct {
	name string
	at   *stage.Server
	// what is counted: its rate is the figure. Nothing else may be answered.
	what outcome
	// prepare does what is not measured and returns what is.
	prepare func(ctx context.Context) (measured, error)
}

type measured func(ctx context.Context) (figures.Result, error)

type outcome struct {
	name  string
	count func(*figures.Result) int64
	other func(*figures.Result) int64 // what must not be among the answers
}

var (
	accepted = outcome{"accepted", (*figures.Result).Accepted, (*figures.Result).Refused}
	refused  = outcome{"refused", (*figures.Result).Refused, (*figures.Result).Accepted}
	answered = outcome{"answered", (*figures.Result).Accepted, (*figures.Result).Refused}
)

// calm parts runs: what the one before left to do in the background is done.
const calm = 500 * time.Millisecond

// contest has the contenders run in turn, as often as is wanted, and compares
// the first with each of the others: what ran side by side had the same
// machine, so the ratio is worth more than the rates.
func (b *bench) contest(ctx context.Context, title string, contenders ...contender) error {
	b.say(" %s", title)
	results := make([][]figures.Result, len(contenders))
	for run := range b.Runs {
		for i, c := range contenders {
			result, err := b.measure(ctx, c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			results[i] = append(results[i], result)
			b.say("  %d %-16s %s", run+1, c.name, describe(&result, c.what))
		}
	}
	b.summarize(contenders, results)
	return nil
}

func (b *bench) measure(ctx context.Context, c contender) (result figures.Result, err error) {
	run, err := c.prepare(ctx)
	if err != nil {
		return result, err
	}
	if err := c.at.Settle(ctx); err != nil {
		return result, err
	}
	time.Sleep(calm)
	before, err := c.at.Statuses()
	if err != nil {
		return result, err
	}
	load, cpu, machine := stage.MachineLoad(), c.at.CPU(), stage.ReadMachine()
	profiled := make(chan error, 1)
	go func() { profiled <- c.at.Profile(b.For, b.Settings.Profiles, b.name+"-"+c.name) }()
	if result, err = run(ctx); err != nil {
		return result, err
	}
	result.CPU = c.at.CPU() - cpu
	result.Note = strings.TrimSpace(fmt.Sprintf("%s %s machine load %s", result.Note,
		stage.ReadMachine().Since(machine, result.Requests), load))
	if err := <-profiled; err != nil {
		return result, err
	}
	after, err := c.at.Statuses()
	if err != nil {
		return result, err
	}
	b.count(&result, c, before, after)
	return result, nil
}

// count takes the statuses from the server, which counts them at no cost to
// the client; it has counted some more, which were on their way when the
// client stopped.
func (b *bench) count(result *figures.Result, c contender, before, after map[int]int64) {
	counted := map[int]int64{}
	for status, n := range after {
		if n -= before[status]; n > 0 {
			counted[status] = n
		}
	}
	if len(counted) > 0 {
		result.Statuses = counted
	}
	if n := c.what.other(result) + result.Failed() + result.Errors; n > 0 {
		b.fault("%s: %d of %d were not %s: %s, errors %d", c.name, n, result.Requests, c.what.name, result.Outcomes(), result.Errors)
	}
}

func describe(r *figures.Result, what outcome) string {
	return fmt.Sprintf("%8.0f/s %s, p50 %s, p99 %s, max %s, errors %d, %s, %d µs of server CPU each, %s",
		r.PerSecond(what.count(r)), what.name, ms(r.P50), ms(r.P99), ms(r.Max), r.Errors, r.Outcomes(),
		r.CPUPerRequest().Microseconds(), r.Note)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// summarize says the medians, and the ratios of the first contender to each of
// the others.
func (b *bench) summarize(contenders []contender, results [][]figures.Result) {
	rates := make([][]float64, len(contenders))
	for i, c := range contenders {
		var p50, p99, most []time.Duration
		for _, r := range results[i] {
			rates[i] = append(rates[i], r.PerSecond(c.what.count(&r)))
			p50, p99, most = append(p50, r.P50), append(p99, r.P99), append(most, r.Max)
		}
		b.say("  = %-16s %8.0f/s %s, p50 %s, p99 %s, max %s (medians of %d)", c.name, figures.Median(rates[i]), c.what.name,
			ms(figures.Median(p50)), ms(figures.Median(p99)), ms(figures.Median(most)), len(results[i]))
	}
	for i := 1; i < len(contenders); i++ {
		ratios := figures.Ratios(rates[0], rates[i])
		b.say("  = %s / %s: %.2f (median of %.2f)", contenders[0].name, contenders[i].name, figures.Median(ratios), ratios)
	}
}
