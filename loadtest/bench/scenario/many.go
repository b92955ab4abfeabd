package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

// manyMax is a rate of holds that many events do not reach.
const manyMax = 20_000

func many(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		connections := slices.Max(b.Connections)
		seats := b.Runs * int(b.For.Seconds()) * manyMax / b.Events
		sales, err := b.openMany(ctx, client.House{Rows: seats/seatsPerRow + 1, SeatsPerRow: seatsPerRow})
		if err != nil {
			return err
		}
		next := 0
		return b.compare(ctx, fmt.Sprintf("%d connections, %d events", connections, b.Events),
			b.spread("many events", sales, &next, connections), b.holds("one event", b.System.Eventra, connections, 1))
	})
}

// openMany opens equal events and activates them.
func (b *bench) openMany(ctx context.Context, house client.House) ([]*client.Sale, error) {
	sales, err := b.OpenSales(ctx, b.System.Eventra, house)
	if err != nil {
		return nil, err
	}
	copies, err := b.CopySale(ctx, b.System.Eventra, sales[0], b.Events-1)
	return append(sales, copies...), err
}

// spread returns a variant with holds on all events in turn. It adds the requested
// seats to next, where the following run begins.
func (b *bench) spread(name string, sales []*client.Sale, next *int, connections int) variant {
	return variant{name: name, at: b.System.Eventra, what: accepted, prepare: func(context.Context) (measurement, error) {
		script, err := b.script(b.System.Eventra, sales, 1)
		if err != nil {
			return nil, err
		}
		script.Spread, script.First = true, *next
		return func(ctx context.Context) (stats.Result, error) {
			result, err := runWrk(b.System.Eventra, script.Script(), connections, b.For)(ctx)
			*next += int(result.Requests) + 2*connections // includes requests in flight at the end
			return result, err
		}, nil
	}}
}
