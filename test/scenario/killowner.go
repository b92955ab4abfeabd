package scenario

import (
	"context"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

var killOwner = Scenario{
	Name:  "kill-owner",
	Title: "kill -9 of a hot event's owner: others sell on within 3 s",
	Run:   runKillOwner,
}

// takeoverWithin is how long an event may be without an owner that serves it.
const takeoverWithin = 3 * time.Second

func runKillOwner(ctx context.Context, s *Settings, r *Report) error {
	const rounds = 3
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	var loads []unknowns
	var gaps []time.Duration
	for round := range rounds {
		ran, gap, err := w.killOnce(ctx, uint64(round))
		if err != nil {
			return err
		}
		loads, gaps = append(loads, ran...), append(gaps, gap)
	}
	r.Within("first success after kill -9, worst of 3", slices.Max(gaps), takeoverWithin)
	r.Figure("answers", "%s", w.operations().Tally())
	return w.audit(ctx, w.Targets[0], loads...)
}

// killOnce kills the owner of a new event under load through the others.
func (w *World) killOnce(ctx context.Context, round uint64) ([]unknowns, time.Duration, error) {
	sales, err := w.openSales(1, client.House{Rows: 100, SeatsPerRow: 100})
	if err != nil {
		return nil, 0, err
	}
	if err := w.Targets[0].Activate(sales[0].ID); err != nil {
		return nil, 0, err
	}
	owner, err := w.owner(ctx, sales[0].ID)
	if err != nil {
		return nil, 0, err
	}
	crowd := w.crowd(sales, w.others(owner), 16)
	crowd.Seed += round
	crowd.Start()
	defer crowd.Stop()
	arrivals := w.arrivals(sales, w.others(owner)).Start()
	defer arrivals.Stop()
	if err := pause(ctx, 2*time.Second); err != nil {
		return nil, 0, err
	}
	killed := time.Now()
	if err := w.Instances[owner].Kill(); err != nil {
		return nil, 0, err
	}
	gap, err := w.firstSuccess(ctx, sales[0].ID, killed)
	if err != nil {
		return nil, 0, err
	}
	w.Say("%s, the owner, killed: first success after %v", w.Instances[owner].Name, gap.Round(time.Millisecond))
	if err := pause(ctx, 2*time.Second); err != nil {
		return nil, 0, err
	}
	crowd.Stop()
	arrivals.Stop()
	w.sayFailures(w.operations().About(sales[0].ID), killed)
	return []unknowns{crowd, arrivals}, gap, w.restart(ctx, w.Instances[owner])
}

// firstSuccess waits for the first hold that was asked for and granted after a
// moment.
func (w *World) firstSuccess(ctx context.Context, event string, after time.Time) (took time.Duration, err error) {
	err = until(ctx, 30*time.Second, "a hold to be granted again", func() (found bool) {
		took, found = load.Operations(w.Ledger.Since(after)).About(event).Of(client.Hold).FirstSuccess(after)
		return found
	})
	return took, err
}
