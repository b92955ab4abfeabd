package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/stage"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
)

const (
	limitsHigh = "bookings=1000000/1s,reads=1000000/1s,writes=1000000/1s"
	limitsOff  = "off"

	seatsPerRow = 100
	// eventraMax and referenceMax are more holds a second than these servers
	// make: seats are prepared for so many.
	eventraMax   = 50_000
	referenceMax = 8_000
)

func hold(ctx context.Context, b *bench) error {
	for _, limits := range []struct{ name, setting string }{{"rate limiter on", limitsHigh}, {"rate limiter off", limitsOff}} {
		b.Settings.RateLimits = limits.setting
		err := b.with(ctx, true, func() error {
			for _, connections := range b.Connections {
				if err := b.contest(ctx, fmt.Sprintf("%s, %d connections", limits.name, connections),
					b.holds("eventra", b.Stage.Eventra, connections, 1), b.holds(b.Stage.Reference.Name, b.Stage.Reference, connections, 1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func group4(ctx context.Context, b *bench) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%d connections", connections),
				b.holds("eventra, 4 seats", b.Stage.Eventra, connections, 4), b.holds(b.Stage.Reference.Name+", 4", b.Stage.Reference, connections, 4),
				b.holds("eventra, 1 seat", b.Stage.Eventra, connections, 1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// house is a hot event's.
func (b *bench) house() client.House {
	return client.House{Rows: b.Seats / seatsPerRow, SeatsPerRow: seatsPerRow}
}

// holds are accepted holds of seats that nobody was asked for before. When an
// event is sold out, the next one is the hot one.
func (b *bench) holds(name string, at *stage.Server, connections, group int) contender {
	return b.leisurelyHolds(name, at, connections, group, 0)
}

// leisurelyHolds are holds whose connections think, on average for so long,
// before they ask again.
func (b *bench) leisurelyHolds(name string, at *stage.Server, connections, group int, think time.Duration) contender {
	return contender{name: name, at: at, what: accepted, prepare: func(ctx context.Context) (measured, error) {
		most := eventraMax
		if at.IsReference() {
			most = referenceMax
		}
		seats := int(b.For.Seconds()) * most * group
		houses := make([]client.House, max(1, (seats+b.Seats-1)/b.Seats))
		for i := range houses {
			houses[i] = b.house()
		}
		sales, err := b.OpenSales(ctx, at, houses...)
		if err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, group)
		if err != nil {
			return nil, err
		}
		script.Think = think
		return wrkDrive(at, script.Script(), connections, b.For), nil
	}}
}

// script asks for the sales' seats; all have the same house.
func (b *bench) script(at *stage.Server, sales []*client.Sale, group int) (*wrk.Holds, error) {
	tokens, err := b.Tokens()
	if err != nil {
		return nil, err
	}
	script := &wrk.Holds{Host: at.Target.Address(), Tokens: tokens, Section: "A",
		Rows: sales[0].Rows, SeatsPerRow: sales[0].SeatsPerRow, Group: group}
	for _, sale := range sales {
		script.Events = append(script.Events, sale.ID)
	}
	if b.Scatter {
		script.Step = coprime(script.Groups() / len(sales))
	}
	return script, nil
}

// coprime finds a step that reaches all of n places, far from one to the next.
func coprime(n int) int {
	for step := max(1, n*618/1000); ; step++ {
		a, b := n, step
		for b != 0 {
			a, b = b, a%b
		}
		if a <= 1 {
			return step
		}
	}
}

func wrkDrive(at *stage.Server, script string, connections int, d time.Duration) measured {
	return func(ctx context.Context) (figures.Result, error) {
		return wrk.Run(ctx, at.Target.Address(), script, wrk.Load{Connections: connections, For: d})
	}
}
