package main

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/balancer"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/wait"
)

var rollingRestart = harness.Scenario{
	Name:  "rolling-restart",
	Title: "SIGTERM and start of all three under load through a balancer: no request fails",
	Run:   runRollingRestart,
}

func runRollingRestart(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	sales, err := c.OpenSales(12, client.House{Rows: 50, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	b, err := balancer.Start(c.Targets[0].Address(), c.Targets[1].Address(), c.Targets[2].Address())
	if err != nil {
		return err
	}
	defer b.Close()
	through := client.NewTarget("balancer", b.Address())

	closedLoop := c.ClosedLoop(sales, []*client.Target{through}, 32).Start()
	defer closedLoop.Stop()
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	started := time.Now()
	for _, i := range c.Instances {
		if err := c.roll(ctx, i, b); err != nil {
			return err
		}
	}
	took := time.Since(started)
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	closedLoop.Stop()

	ops := c.Operations()
	failed := ops.Failed()
	r.Figure("requests", "%d in %.0f s of restarts: %s", len(ops), took.Seconds(), ops.Tally())
	r.Figure("failed", "%d", len(failed))
	r.Figure("time of an answer", "99 %% %v, slowest %v", ops.Quantile(0.99).Round(time.Millisecond), ops.Slowest().Round(time.Millisecond))
	r.Say("slowest: %s", ops.DescribeSlowest(started))
	c.SayFailures(ops, started)
	if len(failed) > 0 {
		r.Fail("%d requests failed: %s", len(failed), failed.Tally())
	}
	return c.Audit(ctx, c.Targets[0], closedLoop)
}

// roll restarts one instance as an operator does: SIGTERM, a clean exit, a start, and
// readiness before the next one.
func (c *cluster) roll(ctx context.Context, i *instance.Instance, b *balancer.Balancer) error {
	started := time.Now()
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(harness.StopTimeout)
	if err != nil {
		return err
	}
	left := time.Since(started)
	if code != 0 {
		return fmt.Errorf("%s stopped with exit code %d: see %s", i.Name, code, i.LogPath())
	}
	if err := c.Restart(ctx, i); err != nil {
		return err
	}
	if err := wait.Until(ctx, harness.StartTimeout, "the balancer to use all instances", func() bool { return b.Ready() == len(c.Instances) }); err != nil {
		return err
	}
	c.Say("%s stopped within %v, serves again after %v", i.Name, left.Round(time.Millisecond), time.Since(started).Round(time.Millisecond))
	return nil
}
