package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/load"
)

var ownership = Scenario{
	Name:  "ownership",
	Title: "300 events, instances that restart: one activation each",
	Run:   runOwnership,
}

func runOwnership(ctx context.Context, s *Settings, r *Report) error {
	const (
		events = 300
		rounds = 5
		watch  = 4 * time.Second
	)
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	sales, err := w.openSales(events, client.House{Rows: 20, SeatsPerRow: 20})
	if err != nil {
		return err
	}
	w.Say("%d events are on sale", events)
	var loads []unknowns
	for round := range rounds {
		for _, way := range []struct {
			name string
			end  func(*instance.Instance) error
		}{
			{"SIGTERM", func(i *instance.Instance) error { return i.Stop(stopWithin) }},
			{"kill -9", (*instance.Instance).Kill},
		} {
			crowd := w.crowd(sales, w.Targets, 15)
			crowd.Seed += uint64(len(loads))
			loads = append(loads, crowd.Start())
			if err := w.restartOne(ctx, crowd, w.Instances[round%3], way.name, way.end, sales, watch); err != nil {
				crowd.Stop()
				return err
			}
		}
	}
	ops := w.operations()
	r.Figure("rounds", "%d with SIGTERM, %d with kill -9", rounds, rounds)
	r.Figure("operations", "%d, of which %d failed while an instance was away", len(ops), len(ops.Failed()))
	return w.audit(ctx, w.Targets[0], loads...)
}

func (w *World) restartOne(ctx context.Context, crowd *load.Crowd, i *instance.Instance, name string,
	end func(*instance.Instance) error, sales []*load.Counter, watch time.Duration,
) error {
	defer crowd.Stop()
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	w.Say("%s: %s, and starts again", i.Name, name)
	if err := end(i); err != nil {
		return err
	}
	if err := w.restart(ctx, i); err != nil {
		return err
	}
	return w.watchSingle(ctx, sales, watch)
}
