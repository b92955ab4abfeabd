package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
)

const (
	buyers = 24
	// waitingMax bounds the requests that are under way. Beyond it the crowd comes later.
	waitingMax = 200
	// thinking is what a buyer takes at most between a hold and the next step.
	thinking = holdSeconds * time.Second / 2
	// Of ten holds so many are paid and released. The others run out.
	paidOfTen, releasedOfTen = 6, 2
)

// crowd is buyers who want seats of one event after the other.
type crowd struct {
	at     *client.Target
	buyers []*client.Buyer

	held, paid, refused, failed atomic.Int64
}

func gather(at *client.Target) (*crowd, error) {
	c := &crowd{at: at}
	for range buyers {
		b, err := client.Register(at, nil)
		if err != nil {
			return nil, err
		}
		c.buyers = append(c.buyers, b)
	}
	return c, nil
}

// buy asks for seats at a rate until the event is sold out, or ctx has ended.
func (c *crowd) buy(ctx context.Context, event string, rate float64) error {
	var under sync.WaitGroup
	defer under.Wait()
	places := make(chan struct{}, waitingMax)
	next, says := time.NewTicker(time.Duration(float64(time.Second)/rate)), time.NewTicker(progress)
	defer next.Stop()
	defer says.Stop()
	for {
		select {
		case <-ctx.Done():
			fmt.Println()
			return nil
		case <-next.C:
			select {
			case places <- struct{}{}:
			default:
				continue
			}
			buyer := c.buyers[rand.IntN(len(c.buyers))]
			under.Go(func() {
				booking := c.hold(buyer, event)
				<-places
				c.decide(ctx, buyer, event, booking)
			})
		case <-says.C:
			soldOut, err := c.say(event)
			if err != nil || soldOut {
				return err
			}
		}
	}
}

// hold asks for the best seats, or in one of four cases for places on the floor, and returns
// the booking if there is one.
func (c *crowd) hold(buyer *client.Buyer, event string) (booking string) {
	if err := buyer.Renew(c.at); err != nil {
		c.failed.Add(1)
		return ""
	}
	quantity := 1 + rand.IntN(4)
	var o client.Operation
	if rand.IntN(4) == 0 {
		o = buyer.HoldMixed(c.at, event, client.NewKey(), quantity)
	} else {
		o = buyer.HoldBest(c.at, event, client.NewKey(), quantity)
	}
	switch {
	case o.Succeeded():
		c.held.Add(1)
		return o.Booking
	case o.Status == 409:
		c.refused.Add(1)
	default:
		c.failed.Add(1)
	}
	return ""
}

// decide pays for a booking, gives it back, or forgets it.
func (c *crowd) decide(ctx context.Context, buyer *client.Buyer, event, booking string) {
	if booking == "" {
		return
	}
	select {
	case <-time.After(rand.N(thinking)):
	case <-ctx.Done():
		return
	}
	switch n := rand.IntN(10); {
	case n < paidOfTen:
		if o := buyer.Pay(c.at, event, booking, client.NewKey()); o.Succeeded() {
			c.paid.Add(1)
		}
	case n < paidOfTen+releasedOfTen:
		buyer.Release(c.at, event, booking)
	}
}

// say writes how the sale goes over the line before.
func (c *crowd) say(event string) (soldOut bool, err error) {
	var now struct{ Total, Available, Held, Booked int }
	began := time.Now()
	if err := c.at.Expect(200, "GET", "/api/v1/events/"+event+"/availability", "", nil, &now); err != nil {
		return false, err
	}
	fmt.Printf("\r%6d free %6d held %6d sold   holds %d, paid %d, refused %d, failed %d   an answer in %v     ", now.Available, now.Held, now.Booked,
		c.held.Load(), c.paid.Load(), c.refused.Load(), c.failed.Load(), time.Since(began).Round(100*time.Microsecond))
	return now.Booked == now.Total, nil
}
