package main

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
)

var customerLimit = harness.Scenario{
	Name:  "customer-limit",
	Title: "200 parallel requests of one customer at three instances: never one more than allowed",
	Run:   runCustomerLimit,
}

const (
	limitedTo     = 7
	limitRequests = 200
	// limitReleased is how many bookings the customer gives back between two rounds.
	limitReleased = 3
	// limitResolved is how long the requests without an answer are tried again.
	limitResolved = 30 * time.Second
)

// limitSale is one customer who wants a whole house.
type limitSale struct {
	*cluster
	sale  *client.Sale
	buyer *client.Buyer
}

func runCustomerLimit(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Admin.Recorder = c.Ledger
	sale, err := c.Admin.OpenSaleOn(c.Targets[0], "Show", client.House{Rows: 20, SeatsPerRow: 10}, client.Terms{HoldFor: time.Hour, MaxSeatsPerCustomer: limitedTo})
	if err != nil {
		return err
	}
	l := &limitSale{c, sale, c.Buyers[0]}
	for round, what := range []string{"alone", "after releases", "while the owner is killed", "after releases"} {
		if err := l.round(ctx, what, round == 2); err != nil {
			return err
		}
	}
	r.Figure("answers", "%s", c.Operations().Tally())
	return c.Audit(ctx, c.Targets[0])
}

// round sends all requests at once, and then gives some bookings back.
func (l *limitSale) round(ctx context.Context, what string, killing bool) error {
	if err := l.Targets[0].Activate(l.sale.ID); err != nil {
		return err
	}
	owner, err := l.Owner(ctx, l.sale.ID)
	if err != nil {
		return err
	}
	unknown := l.requestAll(func() {
		if killing {
			err = l.Instances[owner].Kill()
		}
	})
	if err != nil {
		return err
	}
	if err := load.Resolve(l.Others(owner)[0], unknown, limitResolved); err != nil {
		return err
	}
	held, err := l.held(ctx)
	if err != nil {
		return err
	}
	l.Say("%s: %d of %d requests unknown at first, %d seats held", what, len(unknown), limitRequests, len(held))
	if len(held) != limitedTo {
		l.Fail("%s: the customer has %d seats, not %d", what, len(held), limitedTo)
	}
	for _, booking := range held[:min(limitReleased, len(held))] {
		l.buyer.Release(l.Others(owner)[0], l.sale.ID, booking)
	}
	if killing {
		return l.Restart(ctx, l.Instances[owner])
	}
	return nil
}

// requestAll requests each seat once, at the instances in turn, and calls meanwhile after a few
// of them. It returns the requests without an answer.
func (l *limitSale) requestAll(meanwhile func()) (unknown []load.UnknownHold) {
	var mu sync.Mutex
	var requests sync.WaitGroup
	for n := range limitRequests {
		requests.Go(func() {
			o := l.buyer.Hold(l.Targets[n%len(l.Targets)], l.sale.ID, client.NewKey(), l.sale.Seat(n))
			if !o.Certain() || o.NotExecuted() {
				mu.Lock()
				defer mu.Unlock()
				unknown = append(unknown, load.UnknownHold{Buyer: l.buyer, Hold: o})
			}
		})
		if n == limitRequests/4 {
			meanwhile()
		}
	}
	requests.Wait()
	return unknown
}

// held lists the customer's live bookings, of one seat each.
func (l *limitSale) held(ctx context.Context) ([]string, error) {
	rows, err := l.DB.Query(ctx, "SELECT id::text FROM bookings WHERE event_id = $1 AND status = 'HELD' ORDER BY id", l.sale.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
