package load

import (
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Arrivals are buyers who come one after the other and hold one seat each,
// whether or not those before them have been answered. Shoppers who all wait
// for an instance that hangs notice late that it is back; these do not.
type Arrivals struct {
	Sales   []*Counter
	Targets []*client.Target // each has arrivals of its own
	Buyers  []*client.Buyer
	Every   time.Duration
	Within  time.Duration // at most
	MaxOpen int           // requests without an answer, at one target

	stop chan struct{}
	once sync.Once
	wg   sync.WaitGroup

	openHolds
}

// Start lets them come.
func (a *Arrivals) Start() *Arrivals {
	a.stop = make(chan struct{})
	for _, target := range a.Targets {
		a.wg.Go(func() { a.come(target) })
	}
	return a
}

// Stop lets nobody in any more, and waits for those who are.
func (a *Arrivals) Stop() {
	a.once.Do(func() { close(a.stop) })
	a.wg.Wait()
}

func (a *Arrivals) come(target *client.Target) {
	ticker := time.NewTicker(a.Every)
	defer ticker.Stop()
	end := time.After(a.Within)
	open := make(chan struct{}, a.MaxOpen)
	for n := 0; ; n++ {
		select {
		case <-a.stop:
			return
		case <-end:
			return
		case <-ticker.C:
		}
		select {
		case open <- struct{}{}:
		default:
			continue // a hang of this length is seen without them, too
		}
		sale, buyer := a.Sales[n%len(a.Sales)], a.Buyers[n%len(a.Buyers)]
		a.wg.Go(func() {
			defer func() { <-open }()
			if seats := sale.Fresh(1); seats != nil {
				a.note(buyer, buyer.Hold(target, sale.ID, client.NewKey(), seats...))
			}
		})
	}
}
