package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/wait"
)

const (
	holdFor = 5 * time.Second // the least
	pause   = 20 * time.Millisecond
)

// sell sells two houses, each buyer at one of the instances, until ctx ends: some holds are paid, some
// released, some refunded, and some run out.
func sell(ctx context.Context, c *harness.Cluster) error {
	house := client.House{Rows: 100, SeatsPerRow: 100}
	var sales []*client.Sale
	for range instances {
		sale, err := c.Admin.OpenSale(c.Targets[0], "A night", house, holdFor)
		if err != nil {
			return err
		}
		sales = append(sales, sale)
	}
	errs := make([]error, len(c.Buyers))
	var buying sync.WaitGroup
	for i, b := range c.Buyers {
		buying.Go(func() {
			at, sale := c.Targets[i%len(c.Targets)], sales[i/2%len(sales)]
			for round := 0; ctx.Err() == nil && errs[i] == nil; round++ {
				errs[i] = buy(at, c.Admin, b, sale, round)
				_ = wait.Sleep(ctx, pause) // an ended ctx ends the loop
			}
		})
	}
	buying.Wait()
	return errors.Join(errs...)
}

// buy asks for seats and decides by the round what becomes of them.
func buy(at *client.Target, admin *client.Admin, b *client.Buyer, sale *client.Sale, round int) error {
	hold := b.HoldBest(at, sale.ID, client.NewKey(), 2)
	if !hold.Succeeded() {
		return errors.New("not held: " + hold.Detail)
	}
	switch round % 5 {
	case 0:
		b.Hold(at, sale.ID, client.NewKey(), hold.BookedSeats...) // refused: they are taken
		b.ReadSeatMap(at, sale.ID)
	case 1:
		b.Release(at, sale.ID, hold.Booking)
	case 2:
		if paid := b.Pay(at, sale.ID, hold.Booking, client.NewKey()); paid.Succeeded() {
			admin.RefundRest(at, sale.ID, hold.Booking, client.NewKey())
		}
	default:
		b.Pay(at, sale.ID, hold.Booking, client.NewKey())
	}
	return nil
}
