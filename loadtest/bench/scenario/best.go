package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/test/client"
)

// bestPerRow is a row that pairs fill from its middle outwards, with no single
// seat left at its ends.
const bestPerRow = 50

// best2 sells a house to its last seat, and as many single seats by name with
// the same client.
func best2(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%d connections, %d seats", connections, b.Seats),
				b.best("best 2", connections), b.counted("1 seat by name", connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) best(name string, connections int) contender {
	return b.counting(name, connections, func(token string, sale *client.Sale, w *drive.Worker, _ int64) {
		w.Do(postRequest("/api/v1/bookings", token, []byte(`{"eventId":"`+sale.ID+`","bestAvailable":{"quantity":2}}`)), time.Time{})
	}, func(ctx context.Context, sale *client.Sale) {
		left, err := b.Stage.Eventra.Number(ctx, "SELECT count(*) FROM seats WHERE status = 'AVAILABLE' AND event_id = '"+sale.ID+"'")
		if err != nil || left > 0 {
			b.fault("%d seats are left (%v)", left, err)
		}
	})
}

func (b *bench) counted(name string, connections int) contender {
	return b.counting(name, connections, func(token string, sale *client.Sale, w *drive.Worker, i int64) {
		w.Do(holdRequest(token, sale.ID, sale.Seat(int(i))), time.Time{})
	}, func(context.Context, *client.Sale) {})
}

// counting makes half as many requests as there are seats.
func (b *bench) counting(name string, connections int, step func(string, *client.Sale, *drive.Worker, int64), after func(context.Context, *client.Sale)) contender {
	at := b.Stage.Eventra
	return contender{name: name, at: at, what: accepted, prepare: func(ctx context.Context) (measured, error) {
		sales, err := b.OpenSales(ctx, at, client.House{Rows: b.Seats / bestPerRow, SeatsPerRow: bestPerRow})
		if err != nil {
			return nil, err
		}
		tokens, err := b.Tokens()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (figures.Result, error) {
			crowd := drive.Crowd{Address: at.Target.Address(), Connections: connections}
			result := crowd.Count(int64(sales[0].Size()/2), func(w *drive.Worker, i int64) {
				step(tokens[int(i)%len(tokens)], sales[0], w, i)
			})
			after(ctx, sales[0])
			return result, nil
		}, nil
	}}
}
