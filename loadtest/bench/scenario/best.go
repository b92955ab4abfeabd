package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

// bestPerRow is the length of a row that pairs fill from its middle outwards without
// leaving single seats.
const bestPerRow = 50

// best2 compares holds of the two best seats, until the event is sold out, with holds
// of single seats by name.
func best2(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections, %d seats", connections, b.Seats),
				b.best("best 2", connections), b.counted("1 seat by name", connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) best(name string, connections int) variant {
	return b.counting(name, connections, func(token string, sale *client.Sale, w *loadgen.Worker, _ int64) {
		w.Do(postRequest("/api/v1/bookings", token, []byte(`{"eventId":"`+sale.ID+`","bestAvailable":{"quantity":2}}`)), time.Time{})
	}, func(ctx context.Context, sale *client.Sale) {
		left, err := b.System.Eventra.Number(ctx, "SELECT count(*) FROM seats WHERE status = 'AVAILABLE' AND event_id = '"+sale.ID+"'")
		if err != nil || left > 0 {
			b.fail("%d seats are left (%v)", left, err)
		}
	})
}

func (b *bench) counted(name string, connections int) variant {
	return b.counting(name, connections, func(token string, sale *client.Sale, w *loadgen.Worker, i int64) {
		w.Do(holdRequest(token, sale.ID, sale.Seat(int(i))), time.Time{})
	}, func(context.Context, *client.Sale) {})
}

// counting returns a variant with half as many requests as there are seats.
func (b *bench) counting(name string, connections int, step func(string, *client.Sale, *loadgen.Worker, int64), after func(context.Context, *client.Sale)) variant {
	at := b.System.Eventra
	return variant{name: name, at: at, what: accepted, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, client.House{Rows: b.Seats / bestPerRow, SeatsPerRow: bestPerRow})
		if err != nil {
			return nil, err
		}
		tokens, err := b.Tokens(at)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (stats.Result, error) {
			generator := loadgen.Generator{Address: at.Target.Address(), Connections: connections}
			result := generator.Count(int64(sales[0].Size()/2), func(w *loadgen.Worker, i int64) {
				step(tokens[int(i)%len(tokens)], sales[0], w, i)
			})
			after(ctx, sales[0])
			return result, nil
		}, nil
	}}
}
