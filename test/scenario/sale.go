package scenario

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/load"
)

// holdFor outlasts every scenario: holds end only when they are ended.
const holdFor = time.Hour

// openSales publishes n events, some at a time, through all instances in turn.
func (w *World) openSales(n int, house client.House) ([]*load.Counter, error) {
	const width = 4
	counters := make([]*load.Counter, n)
	errs := make([]error, width)
	if err := w.Admin.LogIn(w.Targets[0]); err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	for lane := range width {
		wg.Go(func() {
			for k := lane; k < n && errs[lane] == nil; k += width {
				counters[k], errs[lane] = w.openSale(k, house)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return counters, nil
}

// openSale tries a few times: a set-up that meets an outage is not what is
// under test, but it is said.
func (w *World) openSale(k int, house client.House) (*load.Counter, error) {
	const tries = 5
	for try := 1; ; try++ {
		sale, err := w.Admin.OpenSale(w.Targets[k%len(w.Targets)], fmt.Sprintf("Show %d", k+1), house, holdFor)
		if err == nil {
			return load.NewCounter(sale), nil
		}
		if try == tries {
			return nil, err
		}
		w.Say("in the set-up, to be tried again: %v", err)
		time.Sleep(300 * time.Millisecond)
	}
}

// crowd is a load that a scenario changes where it needs to. It is light: the
// instances are to be looked at, not worn out.
func (w *World) crowd(sales []*load.Counter, targets []*client.Target, shoppers int) *load.Crowd {
	return &load.Crowd{Sales: sales, Targets: targets, Buyers: w.Buyers, Shoppers: shoppers, Pause: 20 * time.Millisecond,
		Seed: w.Settings.Seed, Within: bound, Max: 200_000}
}

// arrivals are load that does not wait, to see when an event is served again.
func (w *World) arrivals(sales []*load.Counter, targets []*client.Target) *load.Arrivals {
	return &load.Arrivals{Sales: sales, Targets: targets, Buyers: w.Buyers, Every: 50 * time.Millisecond, Within: bound, MaxOpen: 200}
}

// operations are all that was recorded.
func (w *World) operations() load.Operations { return w.Ledger.Operations() }

// sayFailures lists what failed, with times counted from a moment.
func (w *World) sayFailures(ops load.Operations, since time.Time) {
	for n, line := range ops.Failures(since) {
		if n == faultsShown {
			w.Say("   … and more kinds")
			return
		}
		w.Say("   %s", line)
	}
}
