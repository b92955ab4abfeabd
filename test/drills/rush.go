package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
)

// rushWorkers buyers ask again after rushPause.
const rushWorkers, rushPause = 64, 100 * time.Millisecond

// rush is buyers who ask again, whatever they were told, and holds at a fixed rate beside them.
type rush struct {
	sales  []*load.SeatSource
	closed *load.ClosedLoop
	open   *load.OpenLoop
}

func startRush(c *harness.Cluster) (*rush, error) {
	sales, err := c.OpenSales(3, client.House{Rows: 100, SeatsPerRow: 100})
	if err != nil {
		return nil, err
	}
	r := &rush{sales: sales, closed: c.ClosedLoop(sales, c.Targets, rushWorkers), open: c.OpenLoop(sales, c.Targets)}
	r.closed.Pause = rushPause
	r.closed.Start()
	r.open.Start()
	return r, nil
}

// sellDuring lets buyers rush at a cluster while something happens to it, compares what they were told with the database, and closes
// the cluster.
func sellDuring(ctx context.Context, c *harness.Cluster, happens func(*rush) error) error {
	defer c.Close()
	rush, err := startRush(c)
	if err != nil {
		return err
	}
	defer rush.stop()
	if err := happens(rush); err != nil {
		return err
	}
	rush.stop()
	return c.Audit(ctx, c.Targets[0], rush.loads()...)
}

// stop may be called more than once.
func (r *rush) stop() {
	r.closed.Stop()
	r.open.Stop()
}

func (r *rush) loads() []harness.Load { return []harness.Load{r.closed, r.open} }
