package scenario

import (
	"context"
	"fmt"

	"github.com/eventra/eventra/test/client"
)

// floorCapacity is more places than a run can hold.
const floorCapacity = 1_000_000

// floor compares holds of one place each in a general-admission section with holds of one seat
// each.
func floor(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections", connections),
				b.places("1 place", connections), b.holds("1 seat", b.System.Eventra, connections, 1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) places(name string, connections int) variant {
	at := b.System.Eventra
	return variant{name: name, at: at, what: accepted, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, client.House{Rows: 1, SeatsPerRow: seatsPerRow})
		if err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, 1)
		if err != nil {
			return nil, err
		}
		script.Floor, script.Endless = "FLOOR", true
		if err := b.AddFloor(at, sales[0].ID, script.Floor, floorCapacity); err != nil {
			return nil, err
		}
		return runWrk(at, script.Script(), connections, b.For), at.Target.Activate(sales[0].ID)
	}}
}
