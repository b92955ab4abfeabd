package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/store"
)

var postgresAway = Scenario{
	Name:  "postgres-away",
	Title: "PostgreSQL stands still for 6 s: nobody dies, nobody is thrown out",
	Run:   runPostgresAway,
}

const postgresFrozenFor = 6 * time.Second

func runPostgresAway(ctx context.Context, s *Settings, r *Report) (err error) {
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	sales, err := w.openSales(9, client.House{Rows: 50, SeatsPerRow: 50})
	if err != nil {
		return err
	}
	postgres, err := store.FindPostgres(ctx, w.Stores.PostgresURL)
	if err != nil {
		return err
	}
	before := w.standing()
	crowd := w.crowd(sales, w.Targets, 18).Start()
	defer crowd.Stop()
	arrivals := w.arrivals(sales, w.Targets).Start()
	defer arrivals.Stop()
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}

	frozen := time.Now()
	err = postgres.Freeze()
	defer func() { err = errors.Join(err, postgres.Thaw()) }() // whatever happens
	if err != nil {
		return err
	}
	r.Say("PostgreSQL stands still")
	if err := pause(ctx, postgresFrozenFor); err != nil {
		return err
	}
	if err := postgres.Thaw(); err != nil {
		return err
	}
	thawed := time.Now()
	r.Say("PostgreSQL goes on after %v", thawed.Sub(frozen).Round(time.Millisecond))
	if err := w.allServe(ctx, thawed); err != nil {
		r.Fail("%v", err)
	}
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	crowd.Stop()
	arrivals.Stop()

	ops := w.operations()
	r.Figure("meanwhile", "%s; slowest answer %v", ops.Between(frozen, thawed).Tally(), ops.Slowest().Round(time.Millisecond))
	w.sayFailures(ops, frozen)
	var worst time.Duration
	for _, target := range w.Targets {
		took, found := ops.At(target.Name).Of(client.Hold).FirstSuccess(thawed)
		if found {
			worst = max(worst, took)
		}
	}
	r.Within("first success after its return, worst instance", worst, takeoverWithin)
	r.Figure("last failure after its return", "%.2f s", ops.LastFailure(thawed).Seconds())
	if _, err := w.waitWhole(ctx); err != nil {
		return err
	}
	changed := 0
	for k, now := range w.standing() {
		if now != before[k] {
			changed++
			r.Fail("%s was %+v, is %+v", w.Instances[k].Name, before[k], now)
		}
	}
	r.Figure("changed process or member id", "%d of %d", changed, len(before))
	if err := w.watchSingle(ctx, sales, 3*time.Second); err != nil {
		return err
	}
	return w.audit(ctx, w.Targets[0], crowd, arrivals)
}

// allServe waits until every instance has granted a hold that was asked of it
// after a moment.
func (w *World) allServe(ctx context.Context, since time.Time) error {
	return until(ctx, 30*time.Second, "every instance to grant a hold again", func() bool {
		ops := load.Operations(w.Ledger.Since(since)).Of(client.Hold)
		for _, target := range w.Targets {
			if _, found := ops.At(target.Name).FirstSuccess(since); !found {
				return false
			}
		}
		return true
	})
}

// standing is which process an instance is, and which member.
type standing struct {
	pid    int
	member string
}

func (w *World) standing() (all []standing) {
	for k, i := range w.Instances {
		all = append(all, standing{i.PID(), w.memberID(k, viewPatience)})
	}
	return all
}
