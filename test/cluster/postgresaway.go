package main

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

var postgresAway = harness.Scenario{
	Name:  "postgres-away",
	Title: "PostgreSQL is frozen for 6 s: no process ends, no member is evicted",
	Run:   runPostgresAway,
}

const postgresFrozenFor = 6 * time.Second

func runPostgresAway(ctx context.Context, s *harness.Settings, r *harness.Report) (err error) {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	sales, err := c.OpenSales(9, client.House{Rows: 50, SeatsPerRow: 50})
	if err != nil {
		return err
	}
	postgres, err := store.FindPostgres(ctx, c.Stores.PostgresURL)
	if err != nil {
		return err
	}
	before := c.identities()
	closedLoop := c.ClosedLoop(sales, c.Targets, 18).Start()
	defer closedLoop.Stop()
	openLoop := c.OpenLoop(sales, c.Targets).Start()
	defer openLoop.Stop()
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}

	frozen := time.Now()
	err = postgres.Freeze()
	defer func() { err = errors.Join(err, postgres.Thaw()) }() // in any case
	if err != nil {
		return err
	}
	r.Say("PostgreSQL is frozen")
	if err := wait.Sleep(ctx, postgresFrozenFor); err != nil {
		return err
	}
	if err := postgres.Thaw(); err != nil {
		return err
	}
	thawed := time.Now()
	r.Say("PostgreSQL is thawed after %v", thawed.Sub(frozen).Round(time.Millisecond))
	if err := c.allServe(ctx, thawed); err != nil {
		r.Fail("%v", err)
	}
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	closedLoop.Stop()
	openLoop.Stop()

	ops := c.Operations()
	r.Figure("during the freeze", "%s; slowest answer %v", ops.Between(frozen, thawed).Tally(), ops.Slowest().Round(time.Millisecond))
	c.SayFailures(ops, frozen)
	var worst time.Duration
	for _, target := range c.Targets {
		took, found := ops.At(target.Name).Of(client.Hold).FirstSuccess(thawed)
		if found {
			worst = max(worst, took)
		}
	}
	r.Within("first success after the thaw, worst instance", worst, takeoverMax)
	r.Figure("last failure after the thaw", "%.2f s", ops.LastFailure(thawed).Seconds())
	if _, err := c.WaitConverged(ctx); err != nil {
		return err
	}
	changed := 0
	for k, now := range c.identities() {
		if now != before[k] {
			changed++
			r.Fail("%s was %+v, is %+v", c.Instances[k].Name, before[k], now)
		}
	}
	r.Figure("changed process or member id", "%d of %d", changed, len(before))
	if err := c.watchOwnership(ctx, sales, 3*time.Second); err != nil {
		return err
	}
	return c.Audit(ctx, c.Targets[0], closedLoop, openLoop)
}

// allServe waits until every instance has granted a hold that started after a moment.
func (c *cluster) allServe(ctx context.Context, since time.Time) error {
	return wait.Until(ctx, 30*time.Second, "every instance to grant a hold again", func() bool {
		ops := load.Operations(c.Ledger.Since(since)).Of(client.Hold)
		for _, target := range c.Targets {
			if _, found := ops.At(target.Name).FirstSuccess(since); !found {
				return false
			}
		}
		return true
	})
}

// identity is an instance's process and membership.
type identity struct {
	pid    int
	member string
}

func (c *cluster) identities() (all []identity) {
	for k, i := range c.Instances {
		all = append(all, identity{i.PID(), c.MemberID(k, harness.ViewTimeout)})
	}
	return all
}
