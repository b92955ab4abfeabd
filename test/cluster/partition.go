package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

var partition = harness.Scenario{
	Name:  "partition",
	Title: "an instance cut off from its peers, from PostgreSQL, from Redis, 10 s each",
	Run:   runPartition,
}

const (
	cutFor = 10 * time.Second
	// healMax is how long after the cut requests may still fail.
	healMax = 10 * time.Second
)

// cut is a way to disconnect a node.
type cut struct {
	name  string
	apply func(testbed *network.Testbed, node int, reached store.Stores) error
}

var cuts = []cut{
	{"from its peers", func(testbed *network.Testbed, node int, _ store.Stores) (err error) {
		for n, other := range testbed.Nodes {
			if n != node {
				err = errors.Join(err, testbed.Nodes[node].CutHost(other.Address))
			}
		}
		return err
	}},
	{"from PostgreSQL", func(testbed *network.Testbed, node int, reached store.Stores) error {
		return cutStore(testbed.Nodes[node], reached.PostgresURL)
	}},
	{"from Redis", func(testbed *network.Testbed, node int, reached store.Stores) error {
		return cutStore(testbed.Nodes[node], reached.RedisURL)
	}},
}

func cutStore(node *network.Node, address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	return node.CutServer(parsed.Host)
}

func runPartition(ctx context.Context, s *harness.Settings, r *harness.Report) (err error) {
	testbed, err := network.Open(3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, testbed.Close()) }()
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	reached, err := stores.Via(func(_, address string) (string, error) { return testbed.Forward(address) })
	if err != nil {
		return err
	}
	var configs []harness.InstanceConfig
	for _, node := range testbed.Nodes {
		config := harness.OnNode(node)
		config.Stores = &reached
		configs = append(configs, config)
	}
	c, err := newClusterWith(ctx, s, r, stores, configs)
	if err != nil {
		return err
	}
	defer c.Close()
	// So many events that every instance has some.
	sales, err := c.OpenSales(12, client.House{Rows: 50, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	var loads []harness.Load
	for n, cut := range cuts {
		closedLoop := c.ClosedLoop(sales, c.Targets, 24)
		closedLoop.Seed += uint64(n)
		openLoop := c.OpenLoop(sales, c.Targets)
		loads = append(loads, closedLoop, openLoop)
		if err := c.cutOff(ctx, testbed, n, cut, closedLoop, openLoop, reached, sales); err != nil {
			return err
		}
	}
	return c.Audit(ctx, c.Targets[0], loads...)
}

// cutOff disconnects a node for a while, under load.
func (c *cluster) cutOff(ctx context.Context, testbed *network.Testbed, node int, cut cut, closedLoop *load.ClosedLoop, openLoop *load.OpenLoop,
	reached store.Stores, sales []*load.SeatSource,
) error {
	closedLoop.Start()
	defer closedLoop.Stop()
	openLoop.Start()
	defer openLoop.Stop()
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	owners, err := c.owners(sales)
	if err != nil {
		return err
	}
	cutAt := time.Now()
	if err := cut.apply(testbed, node, reached); err != nil {
		return err
	}
	c.Say("%s is cut off %s", c.Instances[node].Name, cut.name)
	err = c.whileCut(ctx, node, cutAt)
	healed := time.Now()
	if err = errors.Join(err, testbed.Nodes[node].Heal()); err != nil {
		return err
	}
	if err := wait.Sleep(ctx, healMax+2*time.Second); err != nil {
		return err
	}
	closedLoop.Stop()
	openLoop.Stop()
	c.judgeCut(node, cut, cutAt, healed, owners)
	took, err := c.WaitConverged(ctx)
	if err != nil {
		return err
	}
	c.Say("converged again after %v", took.Round(time.Millisecond))
	return c.watchOwnership(ctx, sales, 3*time.Second)
}

// whileCut reports when the node's readiness changes.
func (c *cluster) whileCut(ctx context.Context, node int, cutAt time.Time) error {
	was := 200
	for time.Since(cutAt) < cutFor {
		if now := c.Instances[node].Readiness(2 * time.Second); now != was {
			c.Say("/readyz of %s: %d after %v", c.Instances[node].Name, now, time.Since(cutAt).Round(10*time.Millisecond))
			was = now
		}
		if err := wait.Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) judgeCut(node int, cut cut, cutAt, healed time.Time, owners map[string]int) {
	ops := load.Operations(c.Ledger.Since(cutAt))
	last := ops.LastFailure(healed)
	for k, target := range c.Targets {
		here := ops.At(target.Name)
		during := here.Between(cutAt, healed)
		c.Say("clients of %s during the cut: %s; 99 %% within %v, slowest %v", target.Name, during.Tally(),
			during.Quantile(0.99).Round(time.Millisecond), during.Slowest().Round(time.Millisecond))
		for owner := range c.Instances {
			holds := during.Of(client.Hold).Where(func(o *client.Operation) bool { return owners[o.Event] == owner })
			first, found := holds.FirstSuccess(cutAt)
			c.Say("   holds for events that %s owned: %s; first success %s", c.Instances[owner].Name, holds.Tally(), after(first, found))
		}
		c.SayFailures(here, cutAt)
		first, found := here.Between(healed, forever).FirstSuccess(healed)
		c.Say("   afterwards: %s; first success %s, last failure after %.2f s", here.Between(healed, forever).Tally(), after(first, found), here.LastFailure(healed).Seconds())
		c.Figure(fmt.Sprintf("cut %s, %s", cut.name, name(k, node)), "%d of %d failed, slowest %.1f s", len(during.Failed()), len(during), during.Slowest().Seconds())
	}
	c.Within("cut "+cut.name+", last failure after healing", last, healMax)
}

// forever is later than every operation.
var forever = time.Unix(1<<40, 0)

func name(k, node int) string {
	if k == node {
		return fmt.Sprintf("i%d, the one cut off", k+1)
	}
	return fmt.Sprintf("i%d", k+1)
}

func after(d time.Duration, found bool) string {
	if !found {
		return "never"
	}
	return fmt.Sprintf("after %.2f s", d.Seconds())
}
