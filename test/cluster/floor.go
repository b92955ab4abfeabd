package main

import (
	"context"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var floor = harness.Scenario{
	Name:  "floor",
	Title: "500 clients for 1 to 4 of 1,000 places, some with seats, while holds expire and the owner is killed: never above, ends exactly full",
	Run:   runFloor,
}

const (
	floorPlaces  = 1000
	floorClients = 500
	floorKills   = 3
	// floorKillPause is the time between the return of an owner and the death of the next one.
	floorKillPause = 2 * time.Second
	// floorFilled is how long the clients may take for the last places once all of them pay.
	floorFilled = 60 * time.Second
)

func runFloor(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := newCluster(ctx, s, r, 3)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Admin.Recorder = c.Ledger
	sale, err := c.Admin.OpenSaleOn(c.Targets[0], "Show", client.House{Rows: 25, SeatsPerRow: 20}, client.Terms{HoldFor: 5 * time.Second, Places: floorPlaces})
	if err != nil {
		return err
	}
	watched := c.watchFloor(ctx, sale)
	crowd := (&load.Crowd{Sale: sale, Targets: c.Targets, Buyers: c.Buyers, Clients: floorClients, Pause: 2 * time.Second, Seed: s.Seed}).Start()
	defer crowd.Stop()
	for range floorKills {
		if err := c.killOwnerOf(ctx, sale); err != nil {
			return err
		}
	}
	crowd.Settle()
	booked, filled := c.soldOut(ctx, sale)
	crowd.Stop()
	most := watched()
	if filled != nil || booked != floorPlaces || most > floorPlaces {
		c.Fail("%d of %d places are sold, %d were taken once: %v", booked, floorPlaces, most, filled)
	}
	r.Figure("places", "%d sold, at most %d taken at a time", booked, most)
	r.Figure("answers", "%s", c.Operations().Tally())
	return c.Audit(ctx, c.Targets[0], crowd)
}

// placesSQL counts the places of live bookings.
const placesSQL = `
SELECT count(*) FROM booking_seats i JOIN bookings b ON b.id = i.booking_id
WHERE b.event_id = $1 AND i.seat_no IS NULL AND i.live`

// soldOut waits until all places are sold, and returns how many are.
func (c *cluster) soldOut(ctx context.Context, sale *client.Sale) (booked int, err error) {
	err = wait.Until(ctx, floorFilled, "all places to be sold", func() bool {
		return c.DB.QueryRow(ctx, placesSQL+` AND b.status = 'CONFIRMED'`, sale.ID).Scan(&booked) == nil && booked >= sale.Places
	})
	return booked, err
}

// watchFloor counts the places of live bookings again and again, until it is asked for the most.
func (c *cluster) watchFloor(ctx context.Context, sale *client.Sale) (stop func() int) {
	ctx, cancel := context.WithCancel(ctx)
	most := make(chan int)
	go func() {
		n := 0
		for wait.Sleep(ctx, 20*time.Millisecond) == nil {
			var taken int
			if c.DB.QueryRow(ctx, placesSQL, sale.ID).Scan(&taken) == nil {
				n = max(n, taken)
			}
		}
		most <- n
	}()
	return func() int { cancel(); return <-most }
}

// killOwnerOf kills an event's owner, and starts it again once another serves the event.
func (c *cluster) killOwnerOf(ctx context.Context, sale *client.Sale) error {
	if err := wait.Sleep(ctx, floorKillPause); err != nil {
		return err
	}
	owner, err := c.Owner(ctx, sale.ID)
	if err != nil {
		return err
	}
	killed := time.Now()
	if err := c.Instances[owner].Kill(); err != nil {
		return err
	}
	gap, err := c.firstSuccess(ctx, sale.ID, killed)
	if err != nil {
		return err
	}
	c.Say("%s, the owner, killed: first success after %v", c.Instances[owner].Name, gap.Round(time.Millisecond))
	return c.Restart(ctx, c.Instances[owner])
}
