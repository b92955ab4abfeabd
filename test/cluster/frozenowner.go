package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var frozenOwner = harness.Scenario{
	Name:  "frozen-owner",
	Title: "SIGSTOP of a hot event's owner for 15 s: thawed, it promises nothing false",
	Run:   runFrozenOwner,
}

const (
	frozenFor = 15 * time.Second
	// rejoinMax is how long a thawed instance may take to be a member again.
	rejoinMax = 10 * time.Second
)

func runFrozenOwner(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	sales, err := c.OpenSales(1, client.House{Rows: 100, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	event := sales[0].ID
	if err := c.Targets[0].Activate(event); err != nil {
		return err
	}
	k, err := c.Owner(ctx, event)
	if err != nil {
		return err
	}
	owner := c.Instances[k]
	was := c.MemberID(k, harness.ViewTimeout)

	others := c.ClosedLoop(sales, c.Others(k), 16).Start()
	defer others.Stop()
	openLoop := c.OpenLoop(sales, c.Others(k)).Start()
	defer openLoop.Stop()
	direct, err := c.patientLoad(sales, c.Targets[k])
	if err != nil {
		return err
	}
	direct.Start()
	defer direct.Stop()
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}

	if err := owner.Freeze(); err != nil {
		return err
	}
	frozen := time.Now()
	gap, err := c.firstSuccess(ctx, event, frozen)
	if err != nil {
		return err
	}
	r.Say("%s, the owner, is frozen: others have a first success after %v", owner.Name, gap.Round(time.Millisecond))
	if err := wait.Sleep(ctx, time.Until(frozen.Add(frozenFor))); err != nil {
		return err
	}
	if err := owner.Thaw(); err != nil {
		return err
	}
	thawed := time.Now()
	if err := c.watchRejoin(ctx, k, was, thawed); err != nil {
		return err
	}
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	others.Stop()
	openLoop.Stop()
	direct.Stop()

	r.Within("first success at the others", gap, takeoverMax)
	ops := c.Operations()
	r.Figure("at the others, during the freeze", "%s", ops.At(c.Others(k)[0].Name).Between(frozen, thawed).Tally()+"; "+ops.At(c.Others(k)[1].Name).Between(frozen, thawed).Tally())
	atFrozen := ops.At(owner.Name).Where(func(o *client.Operation) bool { return o.Start.Before(thawed) && o.End.After(frozen) })
	r.Figure("at the frozen owner", "%s", atFrozen.Tally())
	c.SayFailures(ops, frozen)
	if took, found := ops.At(owner.Name).FirstSuccess(thawed); found {
		r.Figure("its first success after the thaw", "%.2f s", took.Seconds())
	} else {
		r.Fail("nothing succeeds at %s after the thaw", owner.Name)
	}
	if _, err := c.WaitConverged(ctx); err != nil {
		return err
	}
	if err := c.watchOwnership(ctx, sales, 3*time.Second); err != nil {
		return err
	}
	return c.Audit(ctx, c.Targets[0], others, openLoop, direct)
}

// patientLoad waits for answers for longer than the freeze lasts.
func (c *cluster) patientLoad(sales []*load.SeatSource, target *client.Target) (*load.ClosedLoop, error) {
	closedLoop := c.ClosedLoop(sales, []*client.Target{target}, 8)
	closedLoop.Seed++
	closedLoop.Buyers = nil
	for range 4 {
		b, err := client.Register(c.Targets[0], c.Ledger)
		if err != nil {
			return nil, err
		}
		b.Timeout = frozenFor + 15*time.Second
		closedLoop.Buyers = append(closedLoop.Buyers, b)
	}
	return closedLoop, nil
}

// watchRejoin waits until a thawed instance is ready, and requires that it has a new
// membership by then.
func (c *cluster) watchRejoin(ctx context.Context, k int, was string, thawed time.Time) error {
	now := ""
	err := wait.Until(ctx, rejoinMax, c.Instances[k].Name+" to be ready again", func() bool {
		if c.Instances[k].Readiness(time.Second) != 200 {
			return false
		}
		// An old id after /readyz means that the instance was ready with that id.
		now = c.MemberID(k, time.Second)
		if now == was {
			c.Fail("ready %v after the thaw with its old membership", time.Since(thawed).Round(time.Millisecond))
		}
		return true
	})
	if err != nil {
		return err
	}
	c.Figure("ready again after the thaw", "%.2f s", time.Since(thawed).Seconds())
	c.Say("its member id was %s, is %s", was, now)
	return nil
}
