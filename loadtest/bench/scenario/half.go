package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/figures"
)

// half has as many connections as saturate the server think between requests,
// for so long that they make half of the holds that they made before: what a
// buyer waits when the machine is not the limit. Its client is wrk, which leaves
// the machine to the servers.
func half(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			b.say(" %d connections", connections)
			var p50s, p99s []time.Duration
			for run := range b.Runs {
				full, err := b.measure(ctx, b.holds("saturation", b.Stage.Eventra, connections, 1))
				if err != nil {
					return err
				}
				b.say("  %d saturation %s", run+1, describe(&full, accepted))
				// Of a connection's turn its answer takes a part that is only known afterwards; the rest it thinks.
				turn := turnOf(connections, &full) * 2
				var result figures.Result
				think := turn
				for range 2 {
					if result, err = b.measure(ctx, b.leisurelyHolds("half", b.Stage.Eventra, connections, 1, think)); err != nil {
						return err
					}
					think += turn - turnOf(connections, &result)
				}
				b.say("  %d %.2f of it %s", run+1, result.PerSecond(result.Accepted())/full.PerSecond(full.Accepted()), describe(&result, accepted))
				p50s, p99s = append(p50s, result.P50), append(p99s, result.P99)
			}
			b.say("  = at half of saturation p50 %s, p99 %s (medians of %d)", ms(figures.Median(p50s)), ms(figures.Median(p99s)), b.Runs)
		}
		return nil
	})
}

// turnOf is what passes from one hold of a connection to its next, in the mean.
func turnOf(connections int, result *figures.Result) time.Duration {
	return time.Duration(float64(connections) / result.PerSecond(result.Accepted()) * float64(time.Second))
}
