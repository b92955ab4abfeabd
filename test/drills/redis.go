package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/sentinel"
	"github.com/eventra/eventra/test/wait"
)

var redisFailover = harness.Scenario{
	Name:  "redis-failover",
	Title: "Redis Sentinel: kill -9 of the master in a rush; sales go on, and the replica takes over",
	Run:   runRedisFailover,
}

// lostMailsMax outlasts the lease of a mail whose job the replica lacks.
const lostMailsMax = time.Minute

func runRedisFailover(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	servers, err := sentinel.Start(ctx)
	if err != nil {
		return err
	}
	defer servers.Stop()
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	stores.RedisURL = servers.URL()
	configs, err := harness.Loopback(2)
	if err != nil {
		return err
	}
	c, err := harness.NewWith(ctx, s, r, stores, configs)
	if err != nil {
		return err
	}
	return sellDuring(ctx, c, func(*rush) error { return failOverRedis(ctx, c, servers) })
}

// failOverRedis kills the master, and waits until the instances use the replica.
func failOverRedis(ctx context.Context, c *harness.Cluster, servers *sentinel.Cluster) error {
	steady := time.Now()
	if err := wait.Sleep(ctx, 5*time.Second); err != nil {
		return err
	}
	killed := time.Now()
	if err := servers.Master.Kill(); err != nil {
		return err
	}
	c.Say("%s, the master, killed", servers.Master.Address)
	if err := wait.Until(ctx, promotionTimeout, "the replica's promotion", servers.Promoted); err != nil {
		return err
	}
	promoted := time.Now()
	c.Figure("promotion after the kill", "%.2f s", promoted.Sub(killed).Seconds())
	if err := wait.Until(ctx, promotionTimeout, "the instances to use the replica", func() bool { return usesRedis(c) }); err != nil {
		return err
	}
	used := time.Now()
	c.Within("the replica in use after the promotion", used.Sub(promoted), failoverMax)
	gap, err := firstHold(ctx, c, promoted)
	if err != nil {
		return err
	}
	c.Within("first hold after the promotion", gap, failoverMax)
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	all := c.Operations()
	if first, found := all.Of(client.Hold).FirstSuccess(killed); found {
		c.Figure("first hold after the kill", "%.2f s", first.Seconds())
	}
	c.Figure("holds before the kill", "%s", describe(all.Of(client.Hold).Between(steady, killed)))
	c.Figure("holds until the replica was in use", "%s", describe(all.Of(client.Hold).Between(killed, used)))
	c.Figure("until the replica was in use", "%s", all.Between(killed, used).Tally())
	c.SayFailures(all, killed)
	return waitMailsSent(ctx, c, promoted)
}

// usesRedis reports whether no instance takes Redis to be away.
func usesRedis(c *harness.Cluster) bool {
	for _, target := range c.Targets {
		samples, err := target.Metrics("eventra_breaker_open", harness.ViewTimeout)
		if open, found := samples[`{store="redis"}`]; err != nil || !found || open != 0 {
			return false
		}
	}
	return true
}

// waitMailsSent waits until the mails that wait now are with the mail server.
func waitMailsSent(ctx context.Context, c *harness.Cluster, since time.Time) error {
	var now time.Time
	if err := c.DB.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return err
	}
	waiting := 0
	err := wait.Until(ctx, lostMailsMax, "the mails to be sent", func() bool {
		err := c.DB.QueryRow(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND created_at < $1", now).Scan(&waiting)
		return err == nil && waiting == 0
	})
	if err != nil {
		c.Fail("%d mails: %v", waiting, err)
		return nil
	}
	c.Figure("the last mail sent after the promotion", "%.1f s", time.Since(since).Seconds())
	return nil
}
