package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

var frozenOwner = Scenario{
	Name:  "frozen-owner",
	Title: "SIGSTOP of a hot event's owner for 15 s: it wakes up and promises nothing false",
	Run:   runFrozenOwner,
}

const (
	frozenFor = 15 * time.Second
	// rejoinWithin is how long a woken instance may take to be a member again.
	rejoinWithin = 10 * time.Second
)

func runFrozenOwner(ctx context.Context, s *Settings, r *Report) error {
	w, err := newWorld(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer w.Close()
	sales, err := w.openSales(1, client.House{Rows: 100, SeatsPerRow: 100})
	if err != nil {
		return err
	}
	event := sales[0].ID
	if err := w.Targets[0].Activate(event); err != nil {
		return err
	}
	k, err := w.owner(ctx, event)
	if err != nil {
		return err
	}
	owner := w.Instances[k]
	was := w.memberID(k, viewPatience)

	others := w.crowd(sales, w.others(k), 16).Start()
	defer others.Stop()
	arrivals := w.arrivals(sales, w.others(k)).Start()
	defer arrivals.Stop()
	direct, err := w.patientCrowd(sales, w.Targets[k])
	if err != nil {
		return err
	}
	direct.Start()
	defer direct.Stop()
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}

	if err := owner.Freeze(); err != nil {
		return err
	}
	frozen := time.Now()
	gap, err := w.firstSuccess(ctx, event, frozen)
	if err != nil {
		return err
	}
	r.Say("%s, the owner, is frozen: others have a first success after %v", owner.Name, gap.Round(time.Millisecond))
	if err := pause(ctx, time.Until(frozen.Add(frozenFor))); err != nil {
		return err
	}
	if err := owner.Thaw(); err != nil {
		return err
	}
	thawed := time.Now()
	if err := w.watchRejoin(ctx, k, was, thawed); err != nil {
		return err
	}
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	others.Stop()
	arrivals.Stop()
	direct.Stop()

	r.Within("first success at the others", gap, takeoverWithin)
	ops := w.operations()
	r.Figure("at the others meanwhile", "%s", ops.At(w.others(k)[0].Name).Between(frozen, thawed).Tally()+"; "+ops.At(w.others(k)[1].Name).Between(frozen, thawed).Tally())
	asleep := ops.At(owner.Name).Where(func(o *client.Operation) bool { return o.Start.Before(thawed) && o.End.After(frozen) })
	r.Figure("asked of the sleeper", "%s", asleep.Tally())
	w.sayFailures(ops, frozen)
	if took, found := ops.At(owner.Name).FirstSuccess(thawed); found {
		r.Figure("its first success after waking", "%.2f s", took.Seconds())
	} else {
		r.Fail("nothing succeeds at %s after it woke up", owner.Name)
	}
	if _, err := w.waitWhole(ctx); err != nil {
		return err
	}
	if err := w.watchSingle(ctx, sales, 3*time.Second); err != nil {
		return err
	}
	return w.audit(ctx, w.Targets[0], others, arrivals, direct)
}

// patientCrowd waits for answers longer than an instance sleeps.
func (w *World) patientCrowd(sales []*load.Counter, target *client.Target) (*load.Crowd, error) {
	crowd := w.crowd(sales, []*client.Target{target}, 8)
	crowd.Seed++
	crowd.Buyers = nil
	for range 4 {
		b, err := client.Register(w.Targets[0], w.Ledger)
		if err != nil {
			return nil, err
		}
		b.Timeout = frozenFor + 15*time.Second
		crowd.Buyers = append(crowd.Buyers, b)
	}
	return crowd, nil
}

// watchRejoin follows a woken instance until it is ready: not before it has
// another membership.
func (w *World) watchRejoin(ctx context.Context, k int, was string, thawed time.Time) error {
	now := ""
	err := until(ctx, rejoinWithin, w.Instances[k].Name+" to be ready again", func() bool {
		if w.Instances[k].Readiness(time.Second) != 200 {
			return false
		}
		// Asked after /readyz: an old id now means it was ready with that id.
		now = w.memberID(k, time.Second)
		if now == was {
			w.Fail("ready %v after waking with its old membership", time.Since(thawed).Round(time.Millisecond))
		}
		return true
	})
	if err != nil {
		return err
	}
	w.Figure("ready again after waking", "%.2f s", time.Since(thawed).Seconds())
	w.Say("its member id was %s, is %s", was, now)
	return nil
}
