package main

import (
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

// stop may be called more than once.
func (r *rush) stop() {
	r.closed.Stop()
	r.open.Stop()
}

func (r *rush) loads() []harness.Load { return []harness.Load{r.closed, r.open} }
