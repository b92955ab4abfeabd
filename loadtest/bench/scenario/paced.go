package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

// paced measures holds at a fixed rate. Below saturation, its times are what a buyer
// waits.
func paced(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%.0f/s over %d connections", b.Rate, connections), b.pacedHolds(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) pacedHolds(connections int) variant {
	at := b.System.Eventra
	return variant{name: "eventra", at: at, what: accepted, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, b.house())
		if err != nil {
			return nil, err
		}
		return func(context.Context) (stats.Result, error) {
			return b.pace(sales[0], connections, 0, after(b.For))
		}, nil
	}}
}

// after returns a channel that is closed after d.
func after(d time.Duration) <-chan struct{} {
	over := make(chan struct{})
	time.AfterFunc(d, func() { close(over) })
	return over
}

// pace holds consecutive seats, from first on, at b.Rate.
func (b *bench) pace(sale *client.Sale, connections, first int, stop <-chan struct{}) (stats.Result, error) {
	tokens, err := b.Tokens(b.System.Eventra)
	if err != nil {
		return stats.Result{}, err
	}
	generator := loadgen.Generator{Address: b.System.Eventra.Target.Address(), Connections: connections}
	return generator.Rate(b.Rate, stop, func(w *loadgen.Worker, i int64, due time.Time) {
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, sale.Seat(first+int(i))), due)
	}), nil
}
