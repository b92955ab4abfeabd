package main

import (
	"context"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var killOwner = harness.Scenario{
	Name:  "kill-owner",
	Title: "kill -9 of a hot event's owner: others sell on within 3 s",
	Run:   runKillOwner,
}

// takeoverMax is how long an event may be without a serving owner.
const takeoverMax = 3 * time.Second

func runKillOwner(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	const rounds = 3
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	var loads []harness.Load
	var gaps []time.Duration
	for round := range rounds {
		ran, gap, err := c.killOnce(ctx, uint64(round))
		if err != nil {
			return err
		}
		loads, gaps = append(loads, ran...), append(gaps, gap)
	}
	r.Within("first success after kill -9, worst of 3", slices.Max(gaps), takeoverMax)
	r.Figure("answers", "%s", c.Operations().Tally())
	return c.Audit(ctx, c.Targets[0], loads...)
}

// killOnce kills the owner of a new event, under load through the others.
func (c *cluster) killOnce(ctx context.Context, round uint64) ([]harness.Load, time.Duration, error) {
	sales, err := c.OpenSales(1, client.House{Rows: 100, SeatsPerRow: 100})
	if err != nil {
		return nil, 0, err
	}
	if err := c.Targets[0].Activate(sales[0].ID); err != nil {
		return nil, 0, err
	}
	owner, err := c.Owner(ctx, sales[0].ID)
	if err != nil {
		return nil, 0, err
	}
	closedLoop := c.ClosedLoop(sales, c.Others(owner), 16)
	closedLoop.Seed += round
	closedLoop.Start()
	defer closedLoop.Stop()
	openLoop := c.OpenLoop(sales, c.Others(owner)).Start()
	defer openLoop.Stop()
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return nil, 0, err
	}
	killed := time.Now()
	if err := c.Instances[owner].Kill(); err != nil {
		return nil, 0, err
	}
	gap, err := c.firstSuccess(ctx, sales[0].ID, killed)
	if err != nil {
		return nil, 0, err
	}
	c.Say("%s, the owner, killed: first success after %v", c.Instances[owner].Name, gap.Round(time.Millisecond))
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return nil, 0, err
	}
	closedLoop.Stop()
	openLoop.Stop()
	c.SayFailures(c.Operations().About(sales[0].ID), killed)
	return []harness.Load{closedLoop, openLoop}, gap, c.Restart(ctx, c.Instances[owner])
}

// firstSuccess waits for the first hold that starts and succeeds after a moment.
func (c *cluster) firstSuccess(ctx context.Context, event string, after time.Time) (took time.Duration, err error) {
	err = wait.Until(ctx, 30*time.Second, "a hold to be granted again", func() (found bool) {
		took, found = load.Operations(c.Ledger.Since(after)).About(event).Of(client.Hold).FirstSuccess(after)
		return found
	})
	return took, err
}
