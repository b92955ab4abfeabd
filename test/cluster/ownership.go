package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var ownership = harness.Scenario{
	Name:  "ownership",
	Title: "300 events, instances that restart: each event has one activation",
	Run:   runOwnership,
}

func runOwnership(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	const (
		events = 300
		rounds = 5
		watch  = 4 * time.Second
	)
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	sales, err := c.OpenSales(events, client.House{Rows: 20, SeatsPerRow: 20})
	if err != nil {
		return err
	}
	c.Say("%d events are on sale", events)
	var loads []harness.Load
	for round := range rounds {
		for _, way := range []struct {
			name string
			end  func(*instance.Instance) error
		}{
			{"SIGTERM", func(i *instance.Instance) error { return i.Stop(harness.StopTimeout) }},
			{"kill -9", (*instance.Instance).Kill},
		} {
			closedLoop := c.ClosedLoop(sales, c.Targets, 15)
			closedLoop.Seed += uint64(len(loads))
			loads = append(loads, closedLoop.Start())
			if err := c.restartOne(ctx, closedLoop, c.Instances[round%3], way.name, way.end, sales, watch); err != nil {
				closedLoop.Stop()
				return err
			}
		}
	}
	ops := c.Operations()
	r.Figure("rounds", "%d with SIGTERM, %d with kill -9", rounds, rounds)
	r.Figure("operations", "%d, of which %d failed while an instance was away", len(ops), len(ops.Failed()))
	return c.Audit(ctx, c.Targets[0], loads...)
}

func (c *cluster) restartOne(ctx context.Context, closedLoop *load.ClosedLoop, i *instance.Instance, name string,
	end func(*instance.Instance) error, sales []*load.SeatSource, watch time.Duration,
) error {
	defer closedLoop.Stop()
	if err := wait.Sleep(ctx, time.Second); err != nil {
		return err
	}
	c.Say("%s: %s, and starts again", i.Name, name)
	if err := end(i); err != nil {
		return err
	}
	if err := c.Restart(ctx, i); err != nil {
		return err
	}
	return c.watchOwnership(ctx, sales, watch)
}
