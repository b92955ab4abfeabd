package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

// half measures the times of holds at half of saturation, where the machine is not the
// limit. As many connections as saturate the server pause between requests. Its client
// is wrk, which leaves the machine to the servers.
func half(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			b.say(" %d connections", connections)
			var p50s, p99s []time.Duration
			for run := range b.Runs {
				full, err := b.measure(ctx, b.holds("saturation", b.System.Eventra, connections, 1))
				if err != nil {
					return err
				}
				b.say("  %d saturation %s", run+1, describe(&full, accepted))
				// The time of a response, which reduces the pause, is only known after a run.
				period := periodOf(connections, &full) * 2
				var result stats.Result
				think := period
				for range 2 {
					if result, err = b.measure(ctx, b.holdsWithPauses("half", b.System.Eventra, connections, 1, think)); err != nil {
						return err
					}
					think += period - periodOf(connections, &result)
				}
				b.say("  %d %.2f of it %s", run+1, result.PerSecond(result.Accepted())/full.PerSecond(full.Accepted()), describe(&result, accepted))
				p50s, p99s = append(p50s, result.P50), append(p99s, result.P99)
			}
			b.say("  = at half of saturation p50 %s, p99 %s (medians of %d)", ms(stats.Median(p50s)), ms(stats.Median(p99s)), b.Runs)
		}
		return nil
	})
}

// periodOf returns the mean time from one hold of a connection to its next.
func periodOf(connections int, result *stats.Result) time.Duration {
	return time.Duration(float64(connections) / result.PerSecond(result.Accepted()) * float64(time.Second))
}
