package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

// faultRun is a run with the faults of one seed.
type faultRun struct {
	seed     uint64
	duration time.Duration
	servers  *store.Servers

	report     *harness.Report
	operations load.Operations
	faults     []fault.Injected
	histories  histories
}

// perform runs it and reports to out.
func (f *faultRun) perform(ctx context.Context, settings *harness.Settings, out io.Writer) {
	s := harness.Scenario{
		Name:  fmt.Sprintf("faults-%d", f.seed),
		Title: fmt.Sprintf("faults by seed %d for %v", f.seed, f.duration),
		Run:   f.run,
	}
	f.report = harness.NewReport(s, out)
	s.Perform(ctx, settings, f.report)
	f.report.Verdict()
}

// slots are the events on sale. They are small, so that buyers compete for seats,
// and their rows are smaller, because histories are judged by row. Each has some of the rules
// and of what an organiser may do.
var slots = []load.Slot{
	{House: client.House{Rows: 3, SeatsPerRow: 6}, Terms: client.Terms{HoldFor: 5 * time.Second, Priced: true},
		Lifetime: 15 * time.Second, Share: 0.25, Acts: []client.Kind{client.Block, client.Unblock, client.Reprice}},
	{House: client.House{Rows: 2, SeatsPerRow: 5}, Terms: client.Terms{HoldFor: 5 * time.Second, Places: 12},
		Lifetime: 15 * time.Second, Share: 0.15, Acts: []client.Kind{client.Reschedule, client.Cancel}},
	{House: client.House{Rows: 6, SeatsPerRow: 6}, Terms: client.Terms{HoldFor: 10 * time.Minute, OrphanRule: "strict"},
		Lifetime: 20 * time.Second, Share: 0.15, Acts: []client.Kind{client.Block, client.Unblock}},
	{House: client.House{Rows: 10, SeatsPerRow: 8}, Terms: client.Terms{HoldFor: 5 * time.Second, MaxSeatsPerCustomer: 5, Places: 20},
		Lifetime: 40 * time.Second, Share: 0.15, Acts: []client.Kind{client.Remove, client.Remove, client.Remove, client.Reschedule}},
	{House: client.House{Rows: 4, SeatsPerRow: 6}, Terms: client.Terms{HoldFor: 7 * time.Second, OrphanRule: "warn"}, Lifetime: 30 * time.Second,
		Share: 0.1, Acts: []client.Kind{client.Block, client.Block, client.Unblock, client.Remove}},
	{House: client.House{Rows: 4, SeatsPerRow: 6}, Terms: client.Terms{HoldFor: 7 * time.Second, MaxSeatsPerCustomer: 6, Priced: true},
		Lifetime: 20 * time.Second, Share: 0.2, Acts: []client.Kind{client.Block, client.Reprice, client.Reschedule, client.Cancel, client.Cancel}},
}

const (
	workers      = 24
	workersPause = 40 * time.Millisecond
	// actPause is the time between two acts of an event's organiser.
	actPause = 800 * time.Millisecond
)

func (f *faultRun) run(ctx context.Context, s *harness.Settings, r *harness.Report) (err error) {
	c, err := newCluster(ctx, s, f.servers, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	before, err := c.footprints()
	if err != nil {
		return err
	}

	stopReadiness := c.readiness.watch(c.Instances)
	defer stopReadiness()
	rotation := &load.Rotation{Slots: slots, Open: c.openSlot}
	if err := rotation.Start(); err != nil {
		return err
	}
	defer rotation.Stop()
	mix := (&load.Mix{Rotation: rotation, Targets: c.clients, Buyers: c.Buyers, Admin: c.Admin, Workers: workers, Pause: workersPause, Seed: f.seed}).Start()
	defer mix.Stop()
	organisers := (&load.Organisers{Rotation: rotation, Targets: c.clients, Admin: c.Admin, Pause: actPause, Seed: f.seed}).Start()
	defer organisers.Stop()
	stopCrashes := c.watchForCrashes()
	plan := fault.Plan(f.seed, f.duration, len(c.Instances), c.system.Nodes != nil)
	c.Say("%d faults, %d buyers at a time", len(plan), workers)
	started := time.Now()
	f.faults = fault.Inject(ctx, c.system, plan, c.Say)
	if err := wait.Sleep(ctx, time.Until(started.Add(f.duration))); err != nil {
		return err
	}
	organisers.Stop()
	mix.Stop()
	rotation.Stop()
	stopCrashes()
	stopReadiness()
	c.Figure("longest time not ready", "%s", c.readiness.longest())
	for _, injected := range f.faults {
		if injected.Err != nil {
			c.Fail("%s: %v", injected.Name, injected.Err)
		}
	}
	return f.judge(ctx, c, rotation, mix, before)
}

// judge waits until the cluster has recovered from the last fault, and then checks
// everything.
func (f *faultRun) judge(ctx context.Context, c *cluster, rotation *load.Rotation, mix *load.Mix, before []client.Footprint) error {
	if err := c.recover(ctx); err != nil {
		return err
	}
	f.operations = c.Operations()
	c.Figure("operations", "%d: %s", len(f.operations), f.operations.Tally())
	c.SayFailures(f.operations, c.Started())
	if err := c.Audit(ctx, c.Targets[0], mix); err != nil {
		return err
	}
	if err := f.judgeHistories(ctx, c, rotation.Events()); err != nil {
		return err
	}
	if err := c.judgeMails(ctx); err != nil {
		return err
	}
	return c.judgeFootprints(ctx, before)
}

// openSlot opens an event through the first instance that accepts it.
func (c *cluster) openSlot(slot load.Slot) (sale *client.Sale, err error) {
	for _, target := range c.Targets {
		if sale, err = c.Admin.OpenSaleOn(target, "Show", slot.House, slot.Terms); err == nil {
			return sale, nil
		}
	}
	return nil, err
}
