package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
)

const mebibyte = 1 << 20

// What an instance may have more at the end than at its start: goroutines and
// files of what it keeps in memory and of its connections, and memory of events
// that it still knows.
const (
	goroutinesMore = 100
	filesMore      = 60
	heapMore       = 64 * mebibyte
	residentMore   = 192 * mebibyte
	// connectionsMax is the pools of three instances and what else they keep
	// open, and the runner's own.
	connectionsMax = 3*18 + 10
	// quietWithin is how long pools may keep what they have no more use for.
	quietWithin = 60 * time.Second
)

func (w *faultWorld) footprints() (all []client.Footprint, err error) {
	for _, target := range w.Targets {
		f, err := target.Footprint(viewPatience)
		if err != nil {
			return nil, err
		}
		w.Say("%s at first: %v", target.Name, f)
		all = append(all, f)
	}
	return all, nil
}

// judgeFootprints waits until nobody takes much more than at the start.
func (w *faultWorld) judgeFootprints(ctx context.Context, before []client.Footprint) error {
	for _, target := range append(w.doors, w.Targets...) {
		target.CloseIdle()
	}
	for n, target := range w.Targets {
		var now client.Footprint
		var err error
		waited := until(ctx, quietWithin, target.Name+" to be as small as at first", func() bool {
			now, err = target.Footprint(viewPatience)
			return err == nil && now.Goroutines <= before[n].Goroutines+goroutinesMore && now.Files <= before[n].Files+filesMore &&
				now.Heap <= before[n].Heap+heapMore && now.Resident <= before[n].Resident+residentMore
		})
		if waited != nil {
			w.Fail("%v: %v (%v)", waited, now, err)
		}
		w.Figure(target.Name+" at the end", "%v", now)
	}
	var connections, idleInTransaction int
	waited := until(ctx, quietWithin, "PostgreSQL to be left alone", func() bool {
		err := w.DB.QueryRow(ctx, connectionsSQL).Scan(&connections, &idleInTransaction)
		return err == nil && connections <= connectionsMax && idleInTransaction == 0
	})
	if waited != nil {
		w.Fail("%v", waited)
	}
	w.Figure("connections to PostgreSQL", "%d, %d of them idle in a transaction", connections, idleInTransaction)
	return nil
}

const connectionsSQL = `
SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds')
FROM pg_stat_activity WHERE datname = current_database()`
