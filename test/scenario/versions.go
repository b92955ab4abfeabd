package scenario

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

var versions = Scenario{
	Name:  "versions",
	Title: "two builds in one cluster, one of which knows a message more, whichever came first",
	Run:   runVersions,
}

// nextMetric counts what became of the message that only the next build knows.
const nextMetric = "eventra_next_kind_total"

func runVersions(ctx context.Context, s *Settings, r *Report) error {
	if _, err := os.Stat(s.Next); err != nil {
		return fmt.Errorf("there is no build of the next version: %w", err)
	}
	for _, order := range []struct {
		name   string
		builds [2]string
	}{
		{"the next version joins", [2]string{s.Binary, s.Next}},
		{"the present version joins", [2]string{s.Next, s.Binary}},
	} {
		r.Say("%s", order.name)
		if err := mixBuilds(ctx, s, r, order.name, order.builds); err != nil {
			return err
		}
	}
	return nil
}

func mixBuilds(ctx context.Context, s *Settings, r *Report, order string, builds [2]string) error {
	places, err := loopback(2)
	if err != nil {
		return err
	}
	places[0].Binary, places[1].Binary = builds[0], builds[1]
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	w, err := prepare(ctx, s, r, stores, places)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.start(w.Instances[0]); err != nil {
		return err
	}
	if err := w.admit(ctx); err != nil {
		return err
	}
	if err := w.restart(ctx, w.Instances[1]); err != nil {
		return err
	}
	sales, err := w.openSales(16, client.House{Rows: 40, SeatsPerRow: 50})
	if err != nil {
		return err
	}
	started := time.Now()
	crowd := w.crowd(sales, w.Targets, 16).Start()
	defer crowd.Stop()
	if err := pause(ctx, 6*time.Second); err != nil {
		return err
	}
	owners, err := w.owners(sales)
	if err != nil {
		return err
	}
	crowd.Stop()
	w.judgeMix(order, owners, started)
	next := 0
	if builds[1] == s.Next {
		next = 1
	}
	if err := w.judgeNextKind(order, next, owners); err != nil {
		return err
	}
	return w.audit(ctx, w.Targets[0], crowd)
}

// owners tells which instance has each event.
func (w *World) owners(sales []*load.Counter) (map[string]int, error) {
	view, err := w.Admin.ClusterView(w.Targets[0], viewPatience)
	if err != nil {
		return nil, err
	}
	owners := map[string]int{}
	for _, sale := range sales {
		found := view.Of(sale.ID)
		if len(found) != 1 {
			return nil, fmt.Errorf("event %s is active %d times", sale.ID, len(found))
		}
		owners[sale.ID] = w.at(found[0].Address)
	}
	return owners, nil
}

// judgeMix looks at each way a request can take: asked here, owned there.
func (w *World) judgeMix(order string, owners map[string]int, started time.Time) {
	const answered = 2 * time.Second
	for asked, target := range w.Targets {
		for owner := range w.Instances {
			ops := w.operations().At(target.Name).Where(func(o *client.Operation) bool { return owners[o.Event] == owner })
			holds := ops.Of(client.Hold)
			w.Say("asked %d, owner %d: %s; slowest %v", asked+1, owner+1, ops.Tally(), ops.Slowest().Round(time.Millisecond))
			if len(holds) == len(holds.Failed()) {
				w.Fail("%s: no hold asked of %d and owned by %d succeeded", order, asked+1, owner+1)
			}
			if failed := ops.Failed(); len(failed) > 0 {
				w.Fail("%s: asked %d, owner %d: %s", order, asked+1, owner+1, failed.Tally())
			}
			if slowest := ops.Slowest(); slowest > answered {
				w.Fail("%s: asked %d, owner %d: an answer took too long: %s", order, asked+1, owner+1, ops.SlowestOne(started))
			}
		}
	}
}

// judgeNextKind reads the metric of the next build: what it sends to the
// present one comes back as not supported, and at once.
func (w *World) judgeNextKind(order string, next int, owners map[string]int) error {
	samples, err := w.Targets[next].Metrics(nextMetric, viewPatience)
	if err != nil {
		return err
	}
	own := 0
	for _, k := range owners {
		if k == next {
			own++
		}
	}
	w.Figure(order, "%v, with %d events here and %d there", samples, own, len(owners)-own)
	if samples[`{outcome="unsupported"}`] == 0 {
		w.Fail("%s: nothing was answered as unsupported: %v", order, samples)
	}
	for labels, n := range samples {
		if labels == `{outcome="timeout"}` && n > 0 {
			w.Fail("%s: %.0f messages of the next kind timed out", order, n)
		}
	}
	return nil
}
