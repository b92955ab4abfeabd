package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra/loadtest/bench/readers"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

const (
	mapReaders = 16
	// watchedMax is a rate of holds that a sale beside readers does not reach.
	watchedMax = 30_000
)

// watched compares holds beside readers of the whole map with holds alone, on events of
// two sizes and in both content codings.
func watched(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		connections := slices.Max(b.Connections)
		for _, house := range []client.House{mapHouse, b.house()} {
			if err := b.compareWith(ctx, fmt.Sprintf("%d connections, %d seats, %d readers", connections, house.Size(), mapReaders),
				b.watchedHolds("alone", house, connections, ""),
				b.watchedHolds("watched (br)", house, connections, "br"),
				b.watchedHolds("watched (gzip)", house, connections, "gzip")); err != nil {
				return err
			}
		}
		return nil
	})
}

// watchedHolds returns a variant with holds beside readers who accept a coding; without
// one, there are none.
func (b *bench) watchedHolds(name string, house client.House, connections int, coding string) variant {
	at := b.System.Eventra
	return variant{name: name, at: at, what: accepted, shared: true, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.openHouses(ctx, at, house, int(b.For.Seconds())*watchedMax)
		if err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, 1)
		if err != nil {
			return nil, err
		}
		holds := runWrk(at, script.Script(), connections, b.For)
		if coding == "" {
			return holds, nil
		}
		return func(ctx context.Context) (stats.Result, error) {
			reading := readers.Load{Address: at.Target.Address(), Sales: sales, Connections: mapReaders, Coding: coding}.Start(ctx)
			result, err := holds(ctx)
			summary := reading.Stop()
			result.Note = summary.String()
			if summary.Err != nil {
				b.fail("%s: %w", name, summary.Err)
			}
			return result, err
		}, nil
	}}
}
