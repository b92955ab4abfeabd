package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
)

var distance = harness.Scenario{
	Name:  "distance",
	Title: "the cost of requests to an instance that is not the owner, and of more instances on one machine",
	Run:   runDistance,
}

const (
	runs   = 5
	runFor = 2500 * time.Millisecond
	warmUp = 700 * time.Millisecond
	// nonOwnerShare is the least rate of holds through another instance, as a share of
	// the rate through the owner.
	nonOwnerShare = 0.70
)

func runDistance(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	if busy, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Figure("machine load before", "%s on %d CPUs", strings.Join(strings.Fields(string(busy))[:3], " "), runtime.NumCPU())
	}
	for _, connections := range []int{64, 256} {
		if err := c.compareDistance(ctx, connections); err != nil {
			return err
		}
	}
	if err := c.compareSpread(ctx, s, r); err != nil {
		return err
	}
	return c.Check(ctx)
}

// compareDistance measures pairs of runs, one through the event's owner and one
// through another instance, in alternating order. Each run has a new event, because
// the largest event does not last for two.
func (c *cluster) compareDistance(ctx context.Context, connections int) error {
	var near, far []load.Throughput
	var shares []float64
	for run := range runs {
		rates := map[bool]load.Throughput{} // by whether it is at the owner
		for turn := range 2 {
			sales, err := c.OpenSales(1, client.House{Rows: 400, SeatsPerRow: 250})
			if err != nil {
				return err
			}
			if err := c.Targets[0].Activate(sales[0].ID); err != nil {
				return err
			}
			owner, err := c.Owner(ctx, sales[0].ID)
			if err != nil {
				return err
			}
			atOwner := (run+turn)%2 == 0
			target := c.Targets[owner]
			if !atOwner {
				target = c.Targets[(owner+1+run%2)%3]
			}
			if rates[atOwner], err = c.saturate(connections, []*client.Target{target}, sales); err != nil {
				return err
			}
		}
		c.Say("%d connections, run %d: owner %v; another %v", connections, run+1, rates[true], rates[false])
		near, far = append(near, rates[true]), append(far, rates[false])
		shares = append(shares, rates[false].PerSecond()/rates[true].PerSecond())
	}
	slices.Sort(shares)
	share := 100 * shares[len(shares)/2]
	c.Figure(fmt.Sprintf("one event, %d connections", connections), "owner %v; non-owner %v; share, median of the pairs %.0f %% (%.0f to %.0f)",
		median(near), median(far), share, 100*shares[0], 100*shares[len(shares)-1])
	if share < 100*nonOwnerShare {
		c.Fail("%d connections: a non-owner reaches %.0f %% of the owner's rate, required are %.0f %%", connections, share, 100*nonOwnerShare)
	}
	return nil
}

// compareSpread measures the holds on many events by three instances and by one, in
// turn.
func (c *cluster) compareSpread(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	const events, connections = 60, 128
	house := client.House{Rows: 100, SeatsPerRow: 60}
	single, err := newCluster(ctx, s, r, 1)
	if err != nil {
		return err
	}
	defer single.Close()
	var three, one []load.Throughput
	var atOwners []float64
	sales := make([][]*load.SeatSource, 2)
	for k, at := range []*cluster{c, single} {
		if sales[k], err = at.OpenSales(events, house); err != nil {
			return err
		}
		for _, sale := range sales[k] {
			if err := at.Targets[0].Activate(sale.ID); err != nil {
				return err
			}
		}
	}
	for run := range runs {
		a, err := c.saturate(connections, c.Targets, sales[0])
		if err != nil {
			return err
		}
		near, err := c.saturateOwners(ctx, connections, sales[0])
		if err != nil {
			return err
		}
		b, err := single.saturate(connections, single.Targets, sales[1])
		if err != nil {
			return err
		}
		c.Say("%d events, run %d: three instances %v, each event through its owner %.0f holds/s; one %v", events, run+1, a, near, b)
		three, one, atOwners = append(three, a), append(one, b), append(atOwners, near)
	}
	slices.Sort(atOwners)
	a, b := median(three), median(one)
	c.Figure(fmt.Sprintf("%d events, %d connections", events, connections), "three instances %v; through the owners alone %.0f holds/s; one instance %v; ratio %.2f, of which messages cost %.2f",
		a, atOwners[runs/2], b, a.PerSecond()/b.PerSecond(), a.PerSecond()/atOwners[runs/2])
	return nil
}

// saturateOwners measures holds at the owner of each event, with a third of the
// connections at each instance, so that no messages between instances are needed.
func (c *cluster) saturateOwners(ctx context.Context, connections int, sales []*load.SeatSource) (perSecond float64, err error) {
	owned := make([][]*load.SeatSource, len(c.Targets))
	for _, sale := range sales {
		owner, err := c.Owner(ctx, sale.ID)
		if err != nil {
			return 0, err
		}
		owned[owner] = append(owned[owner], sale)
	}
	if err := c.renewTokens(c.Targets[0]); err != nil {
		return 0, err
	}
	rates, errs := make([]load.Throughput, len(owned)), make([]error, len(owned))
	var wg sync.WaitGroup
	for i := range owned {
		wg.Go(func() {
			rates[i], errs[i] = c.saturation(connections/len(owned), c.Targets[i:i+1], owned[i]).Run()
		})
	}
	wg.Wait()
	for _, rate := range rates {
		perSecond += rate.PerSecond()
	}
	return perSecond, errors.Join(errs...)
}

// saturate measures one run. Each seat is requested once, so that any outcome but a
// granted hold fails the scenario.
func (c *cluster) saturate(connections int, targets []*client.Target, sales []*load.SeatSource) (load.Throughput, error) {
	if err := c.renewTokens(targets[0]); err != nil {
		return load.Throughput{}, err
	}
	rate, err := c.saturation(connections, targets, sales).Run()
	if len(rate.Other) > 0 {
		c.Fail("%d connections: not every hold was granted: %v", connections, rate.Other)
	}
	if rate.SoldOut {
		c.Fail("sold out before the end of the run: the rate is not valid")
	}
	return rate, err
}

func (c *cluster) renewTokens(at *client.Target) error {
	for _, b := range c.Buyers {
		if err := b.Renew(at); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) saturation(connections int, targets []*client.Target, sales []*load.SeatSource) *load.Saturation {
	s := &load.Saturation{Connections: connections, WarmUp: warmUp, For: runFor, Next: nextSeat(sales)}
	for _, t := range targets {
		s.Addresses = append(s.Addresses, t.Address())
	}
	for _, b := range c.Buyers {
		s.Tokens = append(s.Tokens, b.Token())
	}
	return s
}

// nextSeat hands out the seats of all sales in turn.
func nextSeat(sales []*load.SeatSource) func() (event, seat string, ok bool) {
	var turn atomic.Uint64
	turn.Store(rand.Uint64N(uint64(len(sales))))
	return func() (string, string, bool) {
		for range sales {
			sale := sales[turn.Add(1)%uint64(len(sales))]
			if seats := sale.Fresh(1); seats != nil {
				return sale.ID, seats[0], true
			}
		}
		return "", "", false
	}
}

func median(rates []load.Throughput) load.Throughput {
	rates = slices.SortedFunc(slices.Values(rates), func(a, b load.Throughput) int { return a.Granted - b.Granted })
	return rates[len(rates)/2]
}
