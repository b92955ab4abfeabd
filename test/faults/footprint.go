package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/wait"
)

const mebibyte = 1 << 20

// How much larger an instance's footprint may be at the end: its connections and the
// events in memory count.
const (
	goroutinesMore = 100
	filesMore      = 60
	heapMore       = 64 * mebibyte
	residentMore   = 192 * mebibyte
	// connectionsMax is the connections of three instances and of the runner.
	connectionsMax = 3*18 + 10
	// idleTimeout is how long pools may keep idle connections.
	idleTimeout = 60 * time.Second
)

func (c *cluster) footprints() (all []client.Footprint, err error) {
	for _, target := range c.Targets {
		f, err := target.Footprint(harness.ViewTimeout)
		if err != nil {
			return nil, err
		}
		c.Say("%s at the start: %v", target.Name, f)
		all = append(all, f)
	}
	return all, nil
}

// judgeFootprints waits until each instance's footprint is near that at the start.
func (c *cluster) judgeFootprints(ctx context.Context, before []client.Footprint) error {
	for _, target := range append(c.clients, c.Targets...) {
		target.CloseIdle()
	}
	for n, target := range c.Targets {
		var now client.Footprint
		var err error
		waited := wait.Until(ctx, idleTimeout, target.Name+" to be as small as at the start", func() bool {
			now, err = target.Footprint(harness.ViewTimeout)
			return err == nil && now.Goroutines <= before[n].Goroutines+goroutinesMore && now.Files <= before[n].Files+filesMore &&
				now.Heap <= before[n].Heap+heapMore && now.Resident <= before[n].Resident+residentMore
		})
		if waited != nil {
			c.Fail("%v: %v (%v)", waited, now, err)
		}
		c.Figure(target.Name+" at the end", "%v", now)
	}
	var connections, idleInTransaction int
	waited := wait.Until(ctx, idleTimeout, "PostgreSQL's connections to be closed", func() bool {
		err := c.DB.QueryRow(ctx, connectionsSQL).Scan(&connections, &idleInTransaction)
		return err == nil && connections <= connectionsMax && idleInTransaction == 0
	})
	if waited != nil {
		c.Fail("%v", waited)
	}
	c.Figure("connections to PostgreSQL", "%d, %d of them idle in a transaction", connections, idleInTransaction)
	return nil
}

const connectionsSQL = `
SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds')
FROM pg_stat_activity WHERE datname = current_database()`
