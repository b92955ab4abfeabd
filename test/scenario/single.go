package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

// samplePause parts looks at who has which event.
const samplePause = 400 * time.Millisecond

// watchSingle looks for some time, through all instances in turn, at who has
// the events: each is to be active exactly once, under the epoch that the
// database has, and as no membership changes, no epoch may move. One that does
// move means two activations that take the event from each other.
func (w *World) watchSingle(ctx context.Context, sales []*load.Counter, span time.Duration) error {
	for k, sale := range sales {
		if err := w.Targets[k%len(w.Targets)].Activate(sale.ID); err != nil {
			return err
		}
	}
	var faults, samples int
	fail := func(format string, args ...any) {
		if faults++; faults <= faultsShown {
			w.Fail(format, args...)
		}
	}
	last := map[string]client.Activation{}
	for started := time.Now(); time.Since(started) < span; samples++ {
		before, err := w.epochs(ctx)
		if err != nil {
			return err
		}
		at := w.Targets[samples%len(w.Targets)]
		view, err := w.Admin.ClusterView(at, viewPatience)
		if err != nil {
			return err
		}
		after, err := w.epochs(ctx)
		if err != nil {
			return err
		}
		listed := map[string][]client.Activation{}
		for _, a := range view.Events {
			listed[a.EventID] = append(listed[a.EventID], a)
		}
		for _, sale := range sales {
			found := listed[sale.ID]
			if len(found) != 1 {
				fail("event %s is active %d times, as %s sees it: %+v", sale.ID, len(found), at.Name, found)
				continue
			}
			now := found[0]
			if now.Epoch < before[sale.ID] || now.Epoch > after[sale.ID] {
				fail("event %s has epoch %d at %s, %d in the database", sale.ID, now.Epoch, now.Address, after[sale.ID])
			}
			if was, seen := last[sale.ID]; seen && (was.Epoch != now.Epoch || was.MemberID != now.MemberID) {
				fail("event %s moved from %s, epoch %d, to %s, epoch %d, though no member came or went", sale.ID, was.Address, was.Epoch, now.Address, now.Epoch)
			}
			last[sale.ID] = now
		}
		if err := pause(ctx, samplePause); err != nil {
			return err
		}
	}
	if faults > faultsShown {
		w.Fail("… and %d more of these", faults-faultsShown)
	}
	w.Say("%d events, %d looks: %d faults; %s", len(sales), samples, faults, w.spread(last))
	return nil
}

// spread tells how the events are shared out.
func (w *World) spread(activations map[string]client.Activation) (shares string) {
	counts := make([]int, len(w.Instances))
	for _, a := range activations {
		if k := w.at(a.Address); k >= 0 {
			counts[k]++
		}
	}
	for k, n := range counts {
		shares += fmt.Sprintf("%s has %d ", w.Instances[k].Name, n)
	}
	return shares
}

func (w *World) epochs(ctx context.Context) (map[string]int64, error) {
	rows, err := w.DB.Query(ctx, "SELECT id::text, epoch FROM events")
	if err != nil {
		return nil, err
	}
	epochs := map[string]int64{}
	var id string
	var epoch int64
	_, err = pgx.ForEachRow(rows, []any{&id, &epoch}, func() error {
		epochs[id] = epoch
		return nil
	})
	return epochs, err
}
