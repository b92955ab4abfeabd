package load

import (
	"time"

	"github.com/eventra/eventra/test/client"
)

// OpenLoop holds one seat at a time at a fixed rate, whether or not earlier
// requests have been answered. The workers of a closed loop all wait for an
// instance that hangs, and notice its return late; an open loop does not.
type OpenLoop struct {
	Sales   []*SeatSource
	Targets []*client.Target // each gets the whole rate
	Buyers  []*client.Buyer
	Every   time.Duration
	Limit   time.Duration // of the whole load
	MaxOpen int           // unanswered requests to one target

	generator
	unknownHolds
}

// Start starts the load.
func (l *OpenLoop) Start() *OpenLoop {
	l.begin()
	for _, target := range l.Targets {
		l.wg.Go(func() { l.send(target) })
	}
	return l
}

func (l *OpenLoop) send(target *client.Target) {
	ticker := time.NewTicker(l.Every)
	defer ticker.Stop()
	end := time.After(l.Limit)
	open := make(chan struct{}, l.MaxOpen)
	for n := 0; ; n++ {
		select {
		case <-l.ctx.Done():
			return
		case <-end:
			return
		case <-ticker.C:
		}
		select {
		case open <- struct{}{}:
		default:
			continue // more requests would add nothing to a hang of this length
		}
		sale, buyer := l.Sales[n%len(l.Sales)], l.Buyers[n%len(l.Buyers)]
		l.wg.Go(func() {
			defer func() { <-open }()
			if seats := sale.Fresh(1); seats != nil {
				l.note(buyer, buyer.Hold(target, sale.ID, client.NewKey(), seats...))
			}
		})
	}
}
