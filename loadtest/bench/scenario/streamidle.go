package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

const (
	idleWatchers = 10_000
	// idleRush is the seats that are sold in the rush among them.
	idleRush = 3000
	// settleFor is the time after which the memory of what is over is given back.
	settleFor = 2 * time.Second
	houses    = 10
)

// streamIdle opens as many streams as an instance takes, measures their memory, and
// sells some seats among them.
func streamIdle(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		at := b.System.Eventra
		w, err := b.watch(ctx, at, 0)
		if err != nil {
			return err
		}
		version, _, err := w.seats()
		if err != nil {
			return err
		}
		before, err := at.Resident(ctx, settleFor)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := w.crowd.Open(idleWatchers, version); err != nil {
			return err
		}
		opened := time.Since(start)
		during, err := at.Resident(ctx, settleFor)
		if err != nil {
			return err
		}
		b.say("  %d streams open after %.1f s, %.1f KiB of resident memory each (%d MiB)", idleWatchers, opened.Seconds(),
			float64(during-before)/idleWatchers/1024, during>>20)
		result := w.sell(0, idleRush)
		if err := w.end(ctx, b, "rush", &result); err != nil {
			return err
		}
		b.count(&result, variant{name: "rush", what: accepted, shared: true}, nil, nil)
		b.say("  rush %s", describe(&result, accepted))
		return nil
	})
}

// streamHouses sells houses with watchers one after the other, and measures the memory
// that stays.
func streamHouses(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		at := b.System.Eventra
		var resident []int64
		for house := range houses {
			result, err := b.measure(ctx, b.streamedHolds("house", streamWatchers, 0))
			if err != nil {
				return err
			}
			bytes, err := at.Resident(ctx, settleFor)
			if err != nil {
				return err
			}
			resident = append(resident, bytes>>20)
			b.say("  %2d %d MiB resident after it; %s", house+1, bytes>>20, describe(&result, accepted))
		}
		half := len(resident) / 2
		b.say("  = resident memory of the last %d houses / the first %d: %.2f (MiB: %d)", len(resident)-half, half,
			float64(stats.Median(resident[half:]))/float64(stats.Median(resident[:half])), resident)
		return nil
	})
}
