package harness

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine measures what the scenarios' deadlines rest on: the delay until a process
// gets a CPU, and the time of a commit. On a busy machine, a scenario may fail
// because of these.
type machine struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	late, commit time.Duration // the longest; valid after Stop
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

// tick measures how late this process wakes up.
func (m *machine) tick(ctx context.Context) {
	for last := time.Now(); ctx.Err() == nil; last = time.Now() {
		time.Sleep(tickPause)
		m.late = max(m.late, time.Since(last)-tickPause)
	}
}

// commitNow measures the time of a transaction that writes one record.
func (m *machine) commitNow(ctx context.Context, postgresURL string) {
	conn, err := pgx.Connect(ctx, postgresURL)
	if err != nil {
		return // the scenario fails by itself
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

// Stop ends the measurement and returns the longest delay and commit.
func (m *machine) Stop() (late, commit time.Duration) {
	m.stop()
	m.wg.Wait()
	return m.late, m.commit
}
