package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
)

const (
	clusterMembers = 3
	clusterEvents  = 60
)

// instances compares holds on many events at a cluster with those at one instance on the
// same machine. The connections use the members in turn, so that two of three requests
// come to a member that does not own the event.
func instances(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		cluster, err := b.StartCluster(ctx, clusterMembers)
		if err != nil {
			return err
		}
		connections := slices.Max(b.Connections)
		one, err := b.clusterHolds(ctx, "one instance", b.System.Eventra, connections)
		if err != nil {
			return err
		}
		three, err := b.clusterHolds(ctx, "three instances", cluster, connections)
		if err != nil {
			return err
		}
		return b.compareWith(ctx, fmt.Sprintf("%d connections, %d events", connections, clusterEvents), one, three)
	})
}

// clusterHolds returns a variant with holds on all events in turn, which have seats for
// all runs.
func (b *bench) clusterHolds(ctx context.Context, name string, at *system.Server, connections int) (variant, error) {
	seats := (b.Runs + 1) * max(1, int(b.For.Seconds())) * manyMax
	house := client.House{Rows: seats/clusterEvents/seatsPerRow + 1, SeatsPerRow: seatsPerRow}
	sales, err := b.OpenSales(ctx, at, slices.Repeat([]client.House{house}, clusterEvents)...)
	if err != nil {
		return variant{}, err
	}
	next := 0
	return variant{name: name, at: at, what: accepted, shared: true, prepare: func(context.Context) (measurement, error) {
		tokens, err := b.Tokens(at)
		if err != nil {
			return nil, err
		}
		addresses := at.Addresses()
		generator := loadgen.Generator{Address: addresses[0], Others: addresses[1:], Connections: connections}
		return func(context.Context) (stats.Result, error) {
			first := next
			result := generator.For(b.For, func(w *loadgen.Worker, i int64) {
				n := first + int(i)
				w.Do(holdRequest(tokens[n%len(tokens)], sales[n%clusterEvents].ID, house.Seat(n/clusterEvents)), time.Time{})
			})
			next += int(result.Requests + result.Errors)
			return result, nil
		}, nil
	}}, nil
}
