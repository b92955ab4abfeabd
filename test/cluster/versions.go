package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var versions = harness.Scenario{
	Name:  "versions",
	Title: "two builds in one cluster, one of which knows a message more, in both orders",
	Run:   runVersions,
}

// nextMetric counts the outcomes of the message that only the next build knows.
const nextMetric = "eventra_next_kind_total"

func runVersions(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	if _, err := os.Stat(s.Next); err != nil {
		return fmt.Errorf("there is no build of the next version: %w", err)
	}
	for _, order := range []struct {
		name   string
		builds [2]string
	}{
		{"the next version joins", [2]string{s.Binary, s.Next}},
		{"the present version joins", [2]string{s.Next, s.Binary}},
	} {
		r.Say("%s", order.name)
		if err := mixBuilds(ctx, s, r, order.name, order.builds); err != nil {
			return err
		}
	}
	return nil
}

func mixBuilds(ctx context.Context, s *harness.Settings, r *harness.Report, order string, builds [2]string) error {
	configs, err := harness.Loopback(2)
	if err != nil {
		return err
	}
	configs[0].Binary, configs[1].Binary = builds[0], builds[1]
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	prepared, err := harness.Prepare(ctx, s, r, stores, configs)
	if err != nil {
		return err
	}
	c := &cluster{prepared}
	defer c.Close()
	if err := c.Start(c.Instances[0]); err != nil {
		return err
	}
	if err := c.Register(ctx); err != nil {
		return err
	}
	if err := c.Restart(ctx, c.Instances[1]); err != nil {
		return err
	}
	sales, err := c.OpenSales(16, client.House{Rows: 40, SeatsPerRow: 50})
	if err != nil {
		return err
	}
	started := time.Now()
	closedLoop := c.ClosedLoop(sales, c.Targets, 16).Start()
	defer closedLoop.Stop()
	if err := wait.Sleep(ctx, 6*time.Second); err != nil {
		return err
	}
	owners, err := c.owners(sales)
	if err != nil {
		return err
	}
	closedLoop.Stop()
	c.judgeMix(order, owners, started)
	next := 0
	if builds[1] == s.Next {
		next = 1
	}
	if err := c.judgeNextKind(order, next, owners); err != nil {
		return err
	}
	return c.Audit(ctx, c.Targets[0], closedLoop)
}

// owners returns the index of each event's owner.
func (c *cluster) owners(sales []*load.SeatSource) (map[string]int, error) {
	view, err := c.Admin.ClusterView(c.Targets[0], harness.ViewTimeout)
	if err != nil {
		return nil, err
	}
	owners := map[string]int{}
	for _, sale := range sales {
		found := view.Of(sale.ID)
		if len(found) != 1 {
			return nil, fmt.Errorf("event %s has %d activations", sale.ID, len(found))
		}
		owners[sale.ID] = c.IndexOf(found[0].Address)
	}
	return owners, nil
}

// judgeMix checks each pair of the instance that receives a request and the owner.
func (c *cluster) judgeMix(order string, owners map[string]int, started time.Time) {
	const answerMax = 2 * time.Second
	for at, target := range c.Targets {
		for owner := range c.Instances {
			ops := c.Operations().At(target.Name).Where(func(o *client.Operation) bool { return owners[o.Event] == owner })
			holds := ops.Of(client.Hold)
			c.Say("at %d, owner %d: %s; slowest %v", at+1, owner+1, ops.Tally(), ops.Slowest().Round(time.Millisecond))
			if len(holds) == len(holds.Failed()) {
				c.Fail("%s: no hold at %d for an event of %d succeeded", order, at+1, owner+1)
			}
			if failed := ops.Failed(); len(failed) > 0 {
				c.Fail("%s: at %d, owner %d: %s", order, at+1, owner+1, failed.Tally())
			}
			if slowest := ops.Slowest(); slowest > answerMax {
				c.Fail("%s: at %d, owner %d: an answer took too long: %s", order, at+1, owner+1, ops.DescribeSlowest(started))
			}
		}
	}
}

// judgeNextKind checks the metric of the next build: messages of the next kind to the
// present build return as unsupported, and none times out.
func (c *cluster) judgeNextKind(order string, next int, owners map[string]int) error {
	samples, err := c.Targets[next].Metrics(nextMetric, harness.ViewTimeout)
	if err != nil {
		return err
	}
	own := 0
	for _, k := range owners {
		if k == next {
			own++
		}
	}
	c.Figure(order, "%v; the next build owns %d events, the present one %d", samples, own, len(owners)-own)
	if samples[`{outcome="unsupported"}`] == 0 {
		c.Fail("%s: no message returned as unsupported: %v", order, samples)
	}
	for labels, n := range samples {
		if labels == `{outcome="timeout"}` && n > 0 {
			c.Fail("%s: %.0f messages of the next kind timed out", order, n)
		}
	}
	return nil
}
