package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
)

const (
	limitsHigh = "bookings=1000000/1s,reads=1000000/1s,writes=1000000/1s"
	limitsOff  = "off"

	seatsPerRow = 100
	// eventraMax and referenceMax are rates of holds that these servers do not reach.
	// Seats are prepared for them.
	eventraMax   = 50_000
	referenceMax = 8_000
)

func hold(ctx context.Context, b *bench) error {
	for _, limits := range []struct{ name, setting string }{{"rate limiter on", limitsHigh}, {"rate limiter off", limitsOff}} {
		b.Settings.RateLimits = limits.setting
		err := b.with(ctx, true, func() error {
			for _, connections := range b.Connections {
				if err := b.compare(ctx, fmt.Sprintf("%s, %d connections", limits.name, connections),
					b.holds("eventra", b.System.Eventra, connections, 1), b.holds(b.System.Reference.Name, b.System.Reference, connections, 1)); err != nil {
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
			if err := b.compare(ctx, fmt.Sprintf("%d connections", connections),
				b.holds("eventra, 4 seats", b.System.Eventra, connections, 4), b.holds(b.System.Reference.Name+", 4", b.System.Reference, connections, 4),
				b.holds("eventra, 1 seat", b.System.Eventra, connections, 1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// house returns the seats of a hot event.
func (b *bench) house() client.House {
	return client.House{Rows: b.Seats / seatsPerRow, SeatsPerRow: seatsPerRow}
}

// holds returns a variant with holds of fresh seats on one hot event. When it is sold
// out, another one follows.
func (b *bench) holds(name string, at *system.Server, connections, group int) variant {
	return b.holdsWithPauses(name, at, connections, group, 0)
}

// holdsWithPauses returns a variant with holds whose connections pause before the next
// request, for think on average.
func (b *bench) holdsWithPauses(name string, at *system.Server, connections, group int, think time.Duration) variant {
	return b.holdsBy(name, at, connections, group, func(script *wrk.Holds) { script.Think = think })
}

// holdsBy returns a variant with holds by a script that set completes.
func (b *bench) holdsBy(name string, at *system.Server, connections, group int, set func(script *wrk.Holds)) variant {
	return variant{name: name, at: at, what: accepted, prepare: func(ctx context.Context) (measurement, error) {
		most := eventraMax
		if at.IsReference() {
			most = referenceMax
		}
		seats := int(b.For.Seconds()) * most * group
		sales, err := b.openHouses(ctx, at, b.house(), seats)
		if err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, group)
		if err != nil {
			return nil, err
		}
		set(script)
		return runWrk(at, script.Script(), connections, b.For), nil
	}}
}

// openHouses puts as many equal houses on sale as have that many seats.
func (b *bench) openHouses(ctx context.Context, at *system.Server, house client.House, seats int) ([]*client.Sale, error) {
	return b.OpenSales(ctx, at, slices.Repeat([]client.House{house}, max(1, (seats+house.Size()-1)/house.Size()))...)
}

// script returns a script that holds the seats of sales of equal size.
func (b *bench) script(at *system.Server, sales []*client.Sale, group int) (*wrk.Holds, error) {
	tokens, err := b.Tokens(at)
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

// coprime returns a large step that is coprime to n, so that it reaches all n indices.
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

func runWrk(at *system.Server, script string, connections int, d time.Duration) measurement {
	return func(ctx context.Context) (stats.Result, error) {
		return wrk.Run(ctx, at.Target.Address(), script, wrk.Load{Connections: connections, For: d})
	}
}
