package scenario

import (
	"context"
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/hostile"
)

const (
	attackers = 64 // of each kind, and as many buyers
	// attackedLimits are the default limits of what an attacker may use but for log-ins, which the
	// buyers need, and none for holds.
	attackedLimits = "auth=100/1m,reads=100/1s,unauthenticated=100/1m"
	// The default limits of connections and streams, which other scenarios lift.
	attackedConnections, attackedStreams = "EVENTRA_CONNECTIONS_PER_ADDRESS=1024", "EVENTRA_STREAMS_PER_ADDRESS=100"
)

// attacked compares holds during an attack with holds without one: with clients of each
// kind alone, and with all kinds at once.
func attacked(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = attackedLimits
	return b.with(ctx, false, func() error {
		for _, kind := range hostile.Kinds {
			if err := b.attackedBy(ctx, kind.Name, kind); err != nil {
				return err
			}
		}
		return b.attackedBy(ctx, "all kinds at once", hostile.Kinds...)
	}, attackedConnections, attackedStreams)
}

func (b *bench) attackedBy(ctx context.Context, name string, kinds ...hostile.Kind) error {
	at := b.System.Eventra
	alone := b.holds("alone", at, attackers, 1)
	beside := b.holds("attacked", at, attackers, 1)
	prepare := beside.prepare
	beside.shared = true
	beside.prepare = func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, mapHouse)
		if err != nil {
			return nil, err
		}
		measure, err := prepare(ctx)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (stats.Result, error) {
			attack := hostile.Start(ctx, hostile.Target{Address: at.Target.Address(), Event: sales[0].ID}, attackers, kinds...)
			defer attack.Stop()
			result, err := measure(ctx)
			result.Note = fmt.Sprintf("%d hostile connections,", attack.Opened.Load())
			return result, err
		}, nil
	}
	return b.compare(ctx, name, beside, alone)
}
