package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/store"
)

// FaultRun is one run of the fault runner.
type FaultRun struct {
	Seed    uint64
	For     time.Duration
	Servers *store.Servers

	Report     *Report
	Operations load.Operations
	Faults     []fault.Performed
	Histories  Histories
}

// Scenario makes it one that can be performed.
func (f *FaultRun) Scenario() Scenario {
	return Scenario{
		Name:  fmt.Sprintf("faults-%d", f.Seed),
		Title: fmt.Sprintf("faults by seed %d for %v", f.Seed, f.For),
		Run:   f.run,
	}
}

// The stalls of the market. Houses are small, so that seats are fought over,
// and their rows are smaller still: what happens in a row is what is judged.
var stalls = []load.Stall{
	{House: client.House{Rows: 3, SeatsPerRow: 6}, HoldFor: 5 * time.Second, Life: 15 * time.Second, Share: 0.35},
	{House: client.House{Rows: 2, SeatsPerRow: 5}, HoldFor: 5 * time.Second, Life: 10 * time.Second, Share: 0.2},
	{House: client.House{Rows: 6, SeatsPerRow: 6}, HoldFor: 10 * time.Minute, Life: 20 * time.Second, Share: 0.2},
	{House: client.House{Rows: 10, SeatsPerRow: 8}, HoldFor: 5 * time.Second, Life: 40 * time.Second, Share: 0.15},
	{House: client.House{Rows: 4, SeatsPerRow: 6}, HoldFor: 7 * time.Second, Life: 30 * time.Second, Share: 0.1},
}

const (
	visitors      = 24
	visitorsPause = 40 * time.Millisecond
)

func (f *FaultRun) run(ctx context.Context, s *Settings, r *Report) (err error) {
	w, err := openFaultWorld(ctx, s, f.Servers, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	before, err := w.footprints()
	if err != nil {
		return err
	}

	readied := w.ready.watch(w.Instances)
	defer readied()
	market := &load.Market{Stalls: stalls, Open: w.openStall}
	if err := market.Start(); err != nil {
		return err
	}
	defer market.Stop()
	crowd := (&load.Visitors{Market: market, Targets: w.doors, Buyers: w.Buyers, Number: visitors, Pause: visitorsPause, Seed: f.Seed}).Start()
	defer crowd.Stop()
	watched := w.watchForDeaths()
	plan := fault.Plan(f.Seed, f.For, len(w.Instances), w.ground.Nodes != nil)
	w.Say("%d faults, %d visitors", len(plan), visitors)
	started := time.Now()
	f.Faults = fault.Perform(ctx, w.ground, plan, w.Say)
	if err := pause(ctx, time.Until(started.Add(f.For))); err != nil {
		return err
	}
	crowd.Stop()
	market.Stop()
	watched()
	readied()
	w.Figure("longest time not ready", "%s", w.ready.longest())
	for _, p := range f.Faults {
		if p.Err != nil {
			w.Fail("%s: %v", p.Name, p.Err)
		}
	}
	return f.judge(ctx, w, market, crowd, before)
}

// judge waits until all is as it should be after the last fault, and then looks
// at everything.
func (f *FaultRun) judge(ctx context.Context, w *faultWorld, market *load.Market, crowd *load.Visitors, before []client.Footprint) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	f.Operations = w.operations()
	w.Figure("operations", "%d: %s", len(f.Operations), f.Operations.Tally())
	w.sayFailures(f.Operations, w.started)
	if err := w.audit(ctx, w.Targets[0], crowd); err != nil {
		return err
	}
	if err := f.judgeHistories(ctx, w, market.Shows()); err != nil {
		return err
	}
	if err := w.judgeMails(ctx); err != nil {
		return err
	}
	return w.judgeFootprints(ctx, before)
}

// openStall opens an event through any instance that will.
func (w *faultWorld) openStall(stall load.Stall) (sale *client.Sale, err error) {
	for _, target := range w.Targets {
		if sale, err = w.Admin.OpenSale(target, "Show", stall.House, stall.HoldFor); err == nil {
			return sale, nil
		}
	}
	return nil, err
}
