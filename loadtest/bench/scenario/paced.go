package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/test/client"
)

// paced holds at a fixed rate, whatever the server makes of it: below
// saturation, times say what a buyer waits.
func paced(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%.0f/s over %d connections", b.Rate, connections), b.pacedHolds(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) pacedHolds(connections int) contender {
	at := b.Stage.Eventra
	return contender{name: "eventra", at: at, what: accepted, prepare: func(ctx context.Context) (measured, error) {
		sales, err := b.OpenSales(ctx, at, b.house())
		if err != nil {
			return nil, err
		}
		return func(context.Context) (figures.Result, error) {
			return b.pace(sales[0], connections, 0, after(b.For))
		}, nil
	}}
}

// after is closed when so much time has passed.
func after(d time.Duration) <-chan struct{} {
	over := make(chan struct{})
	time.AfterFunc(d, func() { close(over) })
	return over
}

// pace holds one seat after the other, from the first one on, at the rate that
// was asked for.
func (b *bench) pace(sale *client.Sale, connections, first int, stop <-chan struct{}) (figures.Result, error) {
	tokens, err := b.Tokens()
	if err != nil {
		return figures.Result{}, err
	}
	crowd := drive.Crowd{Address: b.Stage.Eventra.Target.Address(), Connections: connections}
	return crowd.Rate(b.Rate, stop, func(w *drive.Worker, i int64, due time.Time) {
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, sale.Seat(first+int(i))), due)
	}), nil
}
