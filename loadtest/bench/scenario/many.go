package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/test/client"
)

// manyMax is more holds a second than are made at many events.
const manyMax = 20_000

func many(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		connections := slices.Max(b.Connections)
		seats := b.Runs * int(b.For.Seconds()) * manyMax / b.Events
		sales, err := b.openMany(ctx, client.House{Rows: seats/seatsPerRow + 1, SeatsPerRow: seatsPerRow})
		if err != nil {
			return err
		}
		asked := 0
		return b.contest(ctx, fmt.Sprintf("%d connections, %d events", connections, b.Events),
			b.spread("many events", sales, &asked, connections), b.holds("one event", b.Stage.Eventra, connections, 1))
	})
}

// openMany has that many events on sale, alike and in memory.
func (b *bench) openMany(ctx context.Context, house client.House) ([]*client.Sale, error) {
	sales, err := b.OpenSales(ctx, b.Stage.Eventra, house)
	if err != nil {
		return nil, err
	}
	copies, err := b.CopySale(ctx, b.Stage.Eventra, sales[0], b.Events-1)
	return append(sales, copies...), err
}

// spread holds seats of all events in turn; asked counts those that were asked
// for in earlier runs.
func (b *bench) spread(name string, sales []*client.Sale, asked *int, connections int) contender {
	return contender{name: name, at: b.Stage.Eventra, what: accepted, prepare: func(context.Context) (measured, error) {
		script, err := b.script(b.Stage.Eventra, sales, 1)
		if err != nil {
			return nil, err
		}
		script.Spread, script.First = true, *asked
		return func(ctx context.Context) (figures.Result, error) {
			result, err := wrkDrive(b.Stage.Eventra, script.Script(), connections, b.For)(ctx)
			*asked += int(result.Requests) + 2*connections // some were on their way at the end
			return result, err
		}, nil
	}}
}
