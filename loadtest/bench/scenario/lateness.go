package scenario

import (
	"context"
	"time"
)

const (
	shortestHold = 5 * time.Second
	// otherKeys is so large that Redis announces expired keys some ten seconds late.
	otherKeys = 100_000
)

// lateness measures how long after its deadline a seat is free, with the shortest
// holds at a fixed rate and many other keys in Redis.
func lateness(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		at := b.System.Eventra
		if err := at.AddRedisKeys(otherKeys); err != nil {
			return err
		}
		sale, err := at.Admin.OpenSale(at.Target, "Short holds", b.house(), shortestHold)
		if err != nil {
			return err
		}
		if err := at.Vacuum(ctx); err != nil {
			return err
		}
		for run := range b.Runs {
			before, err := at.Buckets(latenessMetric)
			if err != nil {
				return err
			}
			held, err := b.pace(sale, b.Connections[0], run*int(b.Rate*b.For.Seconds()+1), after(b.For))
			if err != nil {
				return err
			}
			if _, err := b.waitUntilFree(sale, "A", time.Now()); err != nil {
				return err
			}
			after, err := at.Buckets(latenessMetric)
			if err != nil {
				return err
			}
			late := after.Since(before)
			b.say("  %d %d holds at %.0f/s; free after the deadline: half within %.3f s, 99 %% within %.3f s, all within %.3f s (buckets' bounds)",
				run+1, held.Accepted(), b.Rate, late.Quantile(0.5), late.Quantile(0.99), late.Quantile(1))
			if n := held.Refused() + held.Failed() + held.Errors; n > 0 {
				b.fail("%d holds were not accepted", n)
			}
		}
		return nil
	})
}
