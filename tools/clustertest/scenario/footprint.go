package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/tools/clustertest/client"
)

// footprint is what an instance takes of its machine.
type footprint struct {
	goroutines, files int
	heap, resident    int64 // bytes
}

const mebibyte = 1 << 20

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d MiB of heap, %d MiB in all", f.goroutines, f.files, f.heap/mebibyte, f.resident/mebibyte)
}

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

func (w *faultWorld) footprints() (all []footprint, err error) {
	for _, target := range w.Targets {
		f, err := footprintOf(target)
		if err != nil {
			return nil, err
		}
		w.Say("%s at first: %v", target.Name, f)
		all = append(all, f)
	}
	return all, nil
}

func footprintOf(target *client.Target) (f footprint, err error) {
	for name, set := range map[string]func(float64){
		"go_goroutines":                 func(v float64) { f.goroutines = int(v) },
		"process_open_fds":              func(v float64) { f.files = int(v) },
		"go_memstats_heap_inuse_bytes":  func(v float64) { f.heap = int64(v) },
		"process_resident_memory_bytes": func(v float64) { f.resident = int64(v) },
	} {
		samples, err := target.Metrics(name, viewPatience)
		if err != nil {
			return f, err
		}
		value, found := samples[""]
		if !found {
			return f, fmt.Errorf("%s does not tell its %s", target.Name, name)
		}
		set(value)
	}
	return f, nil
}

// judgeFootprints waits until nobody takes much more than at the start.
func (w *faultWorld) judgeFootprints(ctx context.Context, before []footprint) error {
	for _, target := range append(w.doors, w.Targets...) {
		target.Forget()
	}
	for n, target := range w.Targets {
		var now footprint
		var err error
		waited := until(ctx, quietWithin, target.Name+" to be as small as at first", func() bool {
			now, err = footprintOf(target)
			return err == nil && now.goroutines <= before[n].goroutines+goroutinesMore && now.files <= before[n].files+filesMore &&
				now.heap <= before[n].heap+heapMore && now.resident <= before[n].resident+residentMore
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
