package scenario

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
	"github.com/eventra/eventra/test/load"
)

var distance = Scenario{
	Name:  "distance",
	Title: "what it costs to ask an instance that is not the owner, and what more instances bring on one machine",
	Run:   runDistance,
}

const (
	rushRuns   = 5
	rushFor    = 2500 * time.Millisecond
	rushWarmUp = 700 * time.Millisecond
	// nonOwnerShare is what holds through another instance have to reach of
	// the rate through the owner.
	nonOwnerShare = 0.70
)

func runDistance(ctx context.Context, s *Settings, r *Report) error {
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	if busy, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Figure("load of the machine before", "%s on %d CPUs", strings.Join(strings.Fields(string(busy))[:3], " "), runtime.NumCPU())
	}
	for _, connections := range []int{64, 256} {
		if err := w.compareDistance(ctx, connections); err != nil {
			return err
		}
	}
	if err := w.compareSpread(ctx, s, r); err != nil {
		return err
	}
	return w.check(ctx)
}

// compareDistance has pairs of rushes, each at a new event, for the largest
// house would not last for two: one through the event's owner and one through
// another instance, in alternating order.
func (w *World) compareDistance(ctx context.Context, connections int) error {
	var near, far []load.Score
	var shares []float64
	for run := range rushRuns {
		scores := map[bool]load.Score{}
		for turn := range 2 {
			sales, err := w.openSales(1, client.House{Rows: 400, SeatsPerRow: 250})
			if err != nil {
				return err
			}
			if err := w.Targets[0].Activate(sales[0].ID); err != nil {
				return err
			}
			owner, err := w.owner(ctx, sales[0].ID)
			if err != nil {
				return err
			}
			atOwner := (run+turn)%2 == 0
			target := w.Targets[owner]
			if !atOwner {
				target = w.Targets[(owner+1+run%2)%3]
			}
			if scores[atOwner], err = w.rush(connections, []*client.Target{target}, sales); err != nil {
				return err
			}
		}
		w.Say("%d connections, run %d: owner %v; another %v", connections, run+1, scores[true], scores[false])
		near, far = append(near, scores[true]), append(far, scores[false])
		shares = append(shares, scores[false].PerSecond()/scores[true].PerSecond())
	}
	slices.Sort(shares)
	share := 100 * shares[len(shares)/2]
	w.Figure(fmt.Sprintf("one event, %d connections", connections), "owner %v; non-owner %v; share, median of the pairs %.0f %% (%.0f to %.0f)",
		median(near), median(far), share, 100*shares[0], 100*shares[len(shares)-1])
	if share < 100*nonOwnerShare {
		w.Fail("%d connections: through a non-owner %.0f %% of the owner's rate, at least %.0f %% wanted", connections, share, 100*nonOwnerShare)
	}
	return nil
}

// compareSpread has many events sold by three instances and by one, in turn.
func (w *World) compareSpread(ctx context.Context, s *Settings, r *Report) error {
	const events, connections = 60, 128
	house := client.House{Rows: 100, SeatsPerRow: 60}
	single, err := newWorld(ctx, s, r, 1)
	if err != nil {
		return err
	}
	defer single.Close()
	var three, one []load.Score
	var atOwners []float64
	worlds := []*World{w, single}
	sales := make([][]*load.Counter, 2)
	for k, world := range worlds {
		if sales[k], err = world.openSales(events, house); err != nil {
			return err
		}
		for _, sale := range sales[k] {
			if err := world.Targets[0].Activate(sale.ID); err != nil {
				return err
			}
		}
	}
	for run := range rushRuns {
		a, err := w.rush(connections, w.Targets, sales[0])
		if err != nil {
			return err
		}
		near, err := w.rushAtOwners(ctx, connections, sales[0])
		if err != nil {
			return err
		}
		b, err := single.rush(connections, single.Targets, sales[1])
		if err != nil {
			return err
		}
		w.Say("%d events, run %d: three instances %v, each event through its owner %.0f holds/s; one %v", events, run+1, a, near, b)
		three, one, atOwners = append(three, a), append(one, b), append(atOwners, near)
	}
	slices.Sort(atOwners)
	a, b := median(three), median(one)
	w.Figure(fmt.Sprintf("%d events, %d connections", events, connections), "three instances %v; through the owners alone %.0f holds/s; one instance %v; ratio %.2f, of which messages cost %.2f",
		a, atOwners[rushRuns/2], b, a.PerSecond()/b.PerSecond(), a.PerSecond()/atOwners[rushRuns/2])
	return nil
}

// rushAtOwners asks for each event at its owner alone, with a third of the
// connections at each instance: what is left of a rush without messages.
func (w *World) rushAtOwners(ctx context.Context, connections int, sales []*load.Counter) (perSecond float64, err error) {
	owned := make([][]*load.Counter, len(w.Targets))
	for _, sale := range sales {
		owner, err := w.owner(ctx, sale.ID)
		if err != nil {
			return 0, err
		}
		owned[owner] = append(owned[owner], sale)
	}
	if err := w.renewTokens(w.Targets[0]); err != nil {
		return 0, err
	}
	scores, errs := make([]load.Score, len(owned)), make([]error, len(owned))
	var rushes sync.WaitGroup
	for i := range owned {
		rushes.Go(func() {
			scores[i], errs[i] = w.newRush(connections/len(owned), w.Targets[i:i+1], owned[i]).Run()
		})
	}
	rushes.Wait()
	for _, score := range scores {
		perSecond += score.PerSecond()
	}
	return perSecond, errors.Join(errs...)
}

// rush measures one run; anything but a granted hold fails the scenario, for
// each seat is asked for once.
func (w *World) rush(connections int, targets []*client.Target, sales []*load.Counter) (load.Score, error) {
	if err := w.renewTokens(targets[0]); err != nil {
		return load.Score{}, err
	}
	score, err := w.newRush(connections, targets, sales).Run()
	if len(score.Other) > 0 {
		w.Fail("in a rush of %d connections not every hold was granted: %v", connections, score.Other)
	}
	if score.SoldOut {
		w.Fail("sold out before the time was over: the rate is not to be trusted")
	}
	return score, err
}

func (w *World) renewTokens(at *client.Target) error {
	for _, b := range w.Buyers {
		if err := b.Renew(at); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) newRush(connections int, targets []*client.Target, sales []*load.Counter) *load.Rush {
	rush := &load.Rush{Connections: connections, WarmUp: rushWarmUp, For: rushFor, Next: nextSeat(sales)}
	for _, t := range targets {
		rush.Addresses = append(rush.Addresses, t.Address())
	}
	for _, b := range w.Buyers {
		rush.Tokens = append(rush.Tokens, b.Token())
	}
	return rush
}

// nextSeat gives out the seats of all sales in turn.
func nextSeat(sales []*load.Counter) func() (event, seat string, ok bool) {
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

func median(scores []load.Score) load.Score {
	scores = slices.SortedFunc(slices.Values(scores), func(a, b load.Score) int { return a.Granted - b.Granted })
	return scores[len(scores)/2]
}
