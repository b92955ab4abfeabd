package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/balancer"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
)

var rollingRestart = Scenario{
	Name:  "rolling-restart",
	Title: "SIGTERM and start of all three under load through a balancer: no request fails",
	Run:   runRollingRestart,
}

func runRollingRestart(ctx context.Context, s *Settings, r *Report) error {
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	sales, err := w.openSales(12, client.House{Rows: 50, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	b, err := balancer.Start(w.Targets[0].Address(), w.Targets[1].Address(), w.Targets[2].Address())
	if err != nil {
		return err
	}
	defer b.Close()
	through := client.NewTarget("balancer", b.Address())

	crowd := w.crowd(sales, []*client.Target{through}, 32).Start()
	defer crowd.Stop()
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	started := time.Now()
	for _, i := range w.Instances {
		if err := w.roll(ctx, i, b); err != nil {
			return err
		}
	}
	took := time.Since(started)
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	crowd.Stop()

	ops := w.operations()
	failed := ops.Failed()
	r.Figure("requests", "%d in %.0f s of restarts: %s", len(ops), took.Seconds(), ops.Tally())
	r.Figure("failed", "%d", len(failed))
	r.Figure("time of an answer", "99 %% %v, slowest %v", ops.Quantile(0.99).Round(time.Millisecond), ops.Slowest().Round(time.Millisecond))
	r.Say("slowest: %s", ops.SlowestOne(started))
	w.sayFailures(ops, started)
	if len(failed) > 0 {
		r.Fail("%d requests failed: %s", len(failed), failed.Tally())
	}
	return w.audit(ctx, w.Targets[0], crowd)
}

// roll restarts one instance as an operator does: it leaves, ends well, starts,
// and the next one's turn comes when it serves again.
func (w *World) roll(ctx context.Context, i *instance.Instance, b *balancer.Balancer) error {
	started := time.Now()
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(stopWithin)
	if err != nil {
		return err
	}
	left := time.Since(started)
	if code != 0 {
		return fmt.Errorf("%s left with exit code %d: see %s", i.Name, code, i.LogPath())
	}
	if err := w.restart(ctx, i); err != nil {
		return err
	}
	if err := until(ctx, startWithin, "the balancer to use all instances", func() bool { return b.Ready() == len(w.Instances) }); err != nil {
		return err
	}
	w.Say("%s left within %v, serves again after %v", i.Name, left.Round(time.Millisecond), time.Since(started).Round(time.Millisecond))
	return nil
}
