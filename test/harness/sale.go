package harness

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

// holdFor is longer than every scenario, so that no hold expires.
const holdFor = time.Hour

// OpenSales publishes n events through all instances in turn, a few concurrently.
func (c *Cluster) OpenSales(n int, house client.House) ([]*load.SeatSource, error) {
	const width = 4
	sales := make([]*load.SeatSource, n)
	errs := make([]error, width)
	if err := c.Admin.LogIn(c.Targets[0]); err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	for first := range width {
		wg.Go(func() {
			for k := first; k < n && errs[first] == nil; k += width {
				sales[k], errs[first] = c.openSale(k, house)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return sales, nil
}

// openSale tries a few times: the set-up is not under test, but its failures are
// reported.
func (c *Cluster) openSale(k int, house client.House) (*load.SeatSource, error) {
	const tries = 5
	for try := 1; ; try++ {
		sale, err := c.Admin.OpenSale(c.Targets[k%len(c.Targets)], fmt.Sprintf("Show %d", k+1), house, holdFor)
		if err == nil {
			return load.NewSeatSource(sale), nil
		}
		if try == tries {
			return nil, err
		}
		c.Say("set-up, to be retried: %v", err)
		time.Sleep(300 * time.Millisecond)
	}
}

// ClosedLoop returns a light load, which a scenario may adjust before it starts it.
func (c *Cluster) ClosedLoop(sales []*load.SeatSource, targets []*client.Target, workers int) *load.ClosedLoop {
	return &load.ClosedLoop{Sales: sales, Targets: targets, Buyers: c.Buyers, Workers: workers, Pause: 20 * time.Millisecond,
		Seed: c.Settings.Seed, Limit: scenarioTimeout, OperationsMax: 200_000}
}

// OpenLoop returns a load that shows without delay when an event is served again.
func (c *Cluster) OpenLoop(sales []*load.SeatSource, targets []*client.Target) *load.OpenLoop {
	return &load.OpenLoop{Sales: sales, Targets: targets, Buyers: c.Buyers, Every: 50 * time.Millisecond, Limit: scenarioTimeout, MaxOpen: 200}
}

// Operations returns all recorded operations.
func (c *Cluster) Operations() load.Operations { return c.Ledger.Operations() }

// SayFailures prints the kinds of failures. Times are counted from since.
func (c *Cluster) SayFailures(ops load.Operations, since time.Time) {
	for n, line := range ops.Failures(since) {
		if n == LinesMax {
			c.Say("   … and more kinds")
			return
		}
		c.Say("   %s", line)
	}
}
