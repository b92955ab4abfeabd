package scenario

import (
	"context"
	"time"
)

const (
	shortestHold = 5 * time.Second
	// otherKeys are so many that Redis announces an expired key some ten
	// seconds after its time.
	otherKeys = 100_000
)

// lateness holds seats one by one for as short a time as there is, at a rate,
// beside many other keys in Redis, and tells how long after its deadline each
// seat was free.
func lateness(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		at := b.Stage.Eventra
		if err := at.AddRedisKeys(otherKeys); err != nil {
			return err
		}
		sale, err := b.Admin.OpenSale(at.Target, "Short holds", b.house(), shortestHold)
		if err != nil {
			return err
		}
		if err := at.Settle(ctx); err != nil {
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
			if _, err := b.awaitFree(sale, "A", time.Now()); err != nil {
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
				b.fault("%d holds were not accepted", n)
			}
		}
		return nil
	})
}
