package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
)

var partition = Scenario{
	Name:  "partition",
	Title: "an instance cut off from its peers, from PostgreSQL, from Redis, 10 s each",
	Run:   runPartition,
}

const (
	cutFor = 10 * time.Second
	// healWithin is how long after the wires are whole again somebody may
	// still meet a failure.
	healWithin = 10 * time.Second
)

// cut is one way to take wires away from a node.
type cut struct {
	name  string
	apply func(lab *network.Testbed, node int, reached store.Stores) error
}

var cuts = []cut{
	{"from its peers", func(lab *network.Testbed, node int, _ store.Stores) (err error) {
		for n, other := range lab.Nodes {
			if n != node {
				err = errors.Join(err, lab.Nodes[node].CutHost(other.Address))
			}
		}
		return err
	}},
	{"from PostgreSQL", func(lab *network.Testbed, node int, reached store.Stores) error {
		return cutStore(lab.Nodes[node], reached.PostgresURL)
	}},
	{"from Redis", func(lab *network.Testbed, node int, reached store.Stores) error {
		return cutStore(lab.Nodes[node], reached.RedisURL)
	}},
}

func cutStore(node *network.Node, address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	return node.CutServer(parsed.Host)
}

func runPartition(ctx context.Context, s *Settings, r *Report) (err error) {
	lab, err := network.Open(3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	reached, err := stores.Via(func(_, address string) (string, error) { return lab.Forward(address) })
	if err != nil {
		return err
	}
	var places []Place
	for _, node := range lab.Nodes {
		places = append(places, Place{HTTP: node.Address + ":8080", Cluster: node.Address + ":9000", Wrapper: node.Command(), Stores: &reached})
	}
	w, err := newWorldAt(ctx, s, r, stores, places)
	if err != nil {
		return err
	}
	defer w.Close()
	// Events enough that every instance has some.
	sales, err := w.openSales(12, client.House{Rows: 50, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	var loads []unknowns
	for n, c := range cuts {
		crowd := w.crowd(sales, w.Targets, 24)
		crowd.Seed += uint64(n)
		arrivals := w.arrivals(sales, w.Targets)
		loads = append(loads, crowd, arrivals)
		if err := w.cutOff(ctx, lab, n, c, crowd, arrivals, reached, sales); err != nil {
			return err
		}
	}
	return w.audit(ctx, w.Targets[0], loads...)
}

// cutOff takes wires away from one node for a while, under load.
func (w *World) cutOff(ctx context.Context, lab *network.Testbed, node int, c cut, crowd *load.Crowd, arrivals *load.Arrivals,
	reached store.Stores, sales []*load.Counter,
) error {
	crowd.Start()
	defer crowd.Stop()
	arrivals.Start()
	defer arrivals.Stop()
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	owners, err := w.owners(sales)
	if err != nil {
		return err
	}
	cutAt := time.Now()
	if err := c.apply(lab, node, reached); err != nil {
		return err
	}
	w.Say("%s is cut off %s", w.Instances[node].Name, c.name)
	err = w.whileCut(ctx, node, cutAt)
	healed := time.Now()
	if err = errors.Join(err, lab.Nodes[node].Heal()); err != nil {
		return err
	}
	if err := pause(ctx, healWithin+2*time.Second); err != nil {
		return err
	}
	crowd.Stop()
	arrivals.Stop()
	w.judgeCut(node, c, cutAt, healed, owners)
	took, err := w.waitWhole(ctx)
	if err != nil {
		return err
	}
	w.Say("one cluster again, %v after this was asked", took.Round(time.Millisecond))
	return w.watchSingle(ctx, sales, 3*time.Second)
}

// whileCut notes when the cut node stops and starts to be ready.
func (w *World) whileCut(ctx context.Context, node int, cutAt time.Time) error {
	was := 200
	for time.Since(cutAt) < cutFor {
		if now := w.Instances[node].Readiness(2 * time.Second); now != was {
			w.Say("/readyz of %s: %d after %v", w.Instances[node].Name, now, time.Since(cutAt).Round(10*time.Millisecond))
			was = now
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) judgeCut(node int, c cut, cutAt, healed time.Time, owners map[string]int) {
	ops := load.Operations(w.Ledger.Since(cutAt))
	last := ops.LastFailure(healed)
	for k, target := range w.Targets {
		here := ops.At(target.Name)
		during := here.Between(cutAt, healed)
		w.Say("clients of %s meanwhile: %s; 99 %% within %v, slowest %v", target.Name, during.Tally(),
			during.Quantile(0.99).Round(time.Millisecond), during.Slowest().Round(time.Millisecond))
		for owner := range w.Instances {
			holds := during.Of(client.Hold).Where(func(o *client.Operation) bool { return owners[o.Event] == owner })
			first, found := holds.FirstSuccess(cutAt)
			w.Say("   holds for events that were of %s: %s; first success %s", w.Instances[owner].Name, holds.Tally(), after(first, found))
		}
		w.sayFailures(here, cutAt)
		first, found := here.Between(healed, forever).FirstSuccess(healed)
		w.Say("   afterwards: %s; first success %s, last failure after %.2f s", here.Between(healed, forever).Tally(), after(first, found), here.LastFailure(healed).Seconds())
		w.Figure(fmt.Sprintf("cut %s, %s", c.name, who(k, node)), "%d of %d failed, slowest %.1f s", len(during.Failed()), len(during), during.Slowest().Seconds())
	}
	w.Within("cut "+c.name+", last failure after healing", last, healWithin)
}

// forever is after every operation.
var forever = time.Unix(1<<40, 0)

func who(k, node int) string {
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
