package scenario

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine watches what the scenario's deadlines rest on: that a process which
// is due gets a CPU, and that PostgreSQL commits. On a machine that others wear
// out too, a scenario that fails may say more about them.
type machine struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	late, commit time.Duration // the longest; valid after the stop
}

const (
	tickPause   = 10 * time.Millisecond
	commitPause = 200 * time.Millisecond
)

func watchMachine(postgresURL string) *machine {
	ctx, stop := context.WithCancel(context.Background())
	m := &machine{stop: stop}
	m.wg.Go(func() { m.tick(ctx) })
	m.wg.Go(func() { m.commitNow(ctx, postgresURL) })
	return m
}

// tick measures how late the runner itself wakes up.
func (m *machine) tick(ctx context.Context) {
	for last := time.Now(); ctx.Err() == nil; last = time.Now() {
		time.Sleep(tickPause)
		m.late = max(m.late, time.Since(last)-tickPause)
	}
}

// commitNow measures how long a transaction takes that writes one record.
func (m *machine) commitNow(ctx context.Context, postgresURL string) {
	conn, err := pgx.Connect(ctx, postgresURL)
	if err != nil {
		return // the scenario itself will say so
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for ctx.Err() == nil {
		started := time.Now()
		if _, err := conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'clustertest', '')"); err != nil {
			return
		}
		m.commit = max(m.commit, time.Since(started))
		time.Sleep(commitPause)
	}
}

// Stop ends the watch and tells what was seen.
func (m *machine) Stop() (late, commit time.Duration) {
	m.stop()
	m.wg.Wait()
	return m.late, m.commit
}
