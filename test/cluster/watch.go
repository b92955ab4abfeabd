package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

// samplePause is the pause between two samples of the cluster view.
const samplePause = 400 * time.Millisecond

// watchOwnership samples the cluster view of all instances in turn. Each event must
// have exactly one activation, under the epoch in the database. While no member
// comes or goes, an epoch that changes means two activations that take the event
// from each other.
func (c *cluster) watchOwnership(ctx context.Context, sales []*load.SeatSource, span time.Duration) error {
	for k, sale := range sales {
		if err := c.Targets[k%len(c.Targets)].Activate(sale.ID); err != nil {
			return err
		}
	}
	var failures, samples int
	fail := func(format string, args ...any) {
		if failures++; failures <= harness.LinesMax {
			c.Fail(format, args...)
		}
	}
	last := map[string]client.Activation{}
	for started := time.Now(); time.Since(started) < span; samples++ {
		before, err := c.epochs(ctx)
		if err != nil {
			return err
		}
		at := c.Targets[samples%len(c.Targets)]
		view, err := c.Admin.ClusterView(at, harness.ViewTimeout)
		if err != nil {
			return err
		}
		after, err := c.epochs(ctx)
		if err != nil {
			return err
		}
		listed := map[string][]client.Activation{}
		for _, a := range view.Events {
			listed[a.EventID] = append(listed[a.EventID], a)
		}
		for _, sale := range sales {
			found := listed[sale.ID]
			if len(found) != 1 {
				fail("event %s has %d activations in the view of %s: %+v", sale.ID, len(found), at.Name, found)
				continue
			}
			now := found[0]
			if now.Epoch < before[sale.ID] || now.Epoch > after[sale.ID] {
				fail("event %s has epoch %d at %s, %d in the database", sale.ID, now.Epoch, now.Address, after[sale.ID])
			}
			if was, seen := last[sale.ID]; seen && (was.Epoch != now.Epoch || was.MemberID != now.MemberID) {
				fail("event %s moved from %s, epoch %d, to %s, epoch %d, though no member came or went", sale.ID, was.Address, was.Epoch, now.Address, now.Epoch)
			}
			last[sale.ID] = now
		}
		if err := wait.Sleep(ctx, samplePause); err != nil {
			return err
		}
	}
	if failures > harness.LinesMax {
		c.Fail("… and %d more of these", failures-harness.LinesMax)
	}
	c.Say("%d events, %d samples: %d failures; %s", len(sales), samples, failures, c.spread(last))
	return nil
}

// spread describes how many events each instance has.
func (c *cluster) spread(activations map[string]client.Activation) (shares string) {
	counts := make([]int, len(c.Instances))
	for _, a := range activations {
		if k := c.IndexOf(a.Address); k >= 0 {
			counts[k]++
		}
	}
	for k, n := range counts {
		shares += fmt.Sprintf("%s has %d ", c.Instances[k].Name, n)
	}
	return shares
}

func (c *cluster) epochs(ctx context.Context) (map[string]int64, error) {
	rows, err := c.DB.Query(ctx, "SELECT id::text, epoch FROM events")
	if err != nil {
		return nil, err
	}
	epochs := map[string]int64{}
	var id string
	var epoch int64
	_, err = pgx.ForEachRow(rows, []any{&id, &epoch}, func() error {
		epochs[id] = epoch
		return nil
	})
	return epochs, err
}
