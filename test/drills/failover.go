package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/patroni"
	"github.com/eventra/eventra/test/wait"
)

var failover = harness.Scenario{
	Name:  "failover",
	Title: "Patroni: kill -9 of the primary in a rush; the synchronous standby takes over, and no acknowledged hold is lost",
	Run:   runFailover,
}

const (
	// failoverMax is how long after the promotion sales may be away.
	failoverMax = 5 * time.Second
	// promotionTimeout is longer than the manager's ttl.
	promotionTimeout = time.Minute
)

func runFailover(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	servers, err := patroni.Start(ctx)
	if err != nil {
		return err
	}
	defer servers.Stop()
	settings := *s
	settings.Stores.PostgresURL = servers.URL("postgres")
	c, err := harness.New(ctx, &settings, r, 2)
	if err != nil {
		return err
	}
	return sellDuring(ctx, c, func(rush *rush) error { return failOver(ctx, c, servers, rush) })
}

// failOver kills the primary, and lets its node come back as the standby.
func failOver(ctx context.Context, c *harness.Cluster, servers *patroni.Cluster, rush *rush) error {
	primary, standby, err := servers.Roles(ctx)
	if err != nil {
		return err
	}
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	killed := time.Now()
	if err := primary.Kill(); err != nil {
		return err
	}
	c.Say("%s, the primary, killed", primary.Name)
	err = wait.Until(ctx, promotionTimeout, "the standby's promotion", func() bool {
		promoted, err := standby.Primary(ctx)
		return err == nil && promoted
	})
	if err != nil {
		return err
	}
	promoted := time.Now()
	c.Figure("promotion after the kill", "%.2f s", promoted.Sub(killed).Seconds())
	gap, err := firstHold(ctx, c, promoted)
	if err != nil {
		return err
	}
	c.Within("first hold after the promotion", gap, failoverMax)
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	rush.stop()
	c.SayFailures(c.Operations(), killed)
	if err := primary.Start(); err != nil {
		return err
	}
	if err := servers.WaitSynchronous(ctx); err != nil {
		return err
	}
	c.Figure("answers", "%s", c.Operations().Tally())
	return nil
}

// firstHold waits for the first hold that starts and succeeds after a moment.
func firstHold(ctx context.Context, c *harness.Cluster, after time.Time) (took time.Duration, err error) {
	err = wait.Until(ctx, promotionTimeout, "a hold to be granted again", func() (found bool) {
		took, found = load.Operations(c.Ledger.Since(after)).Of(client.Hold).FirstSuccess(after)
		return found
	})
	return took, err
}
