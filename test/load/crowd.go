package load

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// Crowd is clients who want one to four places of a floor each, every other time together with
// seats. They give most holds back or forget them, until Settle. A client who is told that fewer
// places are left than he wants tries those next, and leaves when he has paid for all that he wants.
type Crowd struct {
	Sale    *client.Sale
	Targets []*client.Target
	Buyers  []*client.Buyer
	Clients int
	Pause   time.Duration // between two requests of a client
	Seed    uint64

	settled atomic.Bool
	generator
	unknownHolds
}

// Settle makes the clients pay for whatever they get from now on.
func (c *Crowd) Settle() { c.settled.Store(true) }

// Start starts the clients.
func (c *Crowd) Start() *Crowd {
	c.begin()
	for n := range c.Clients {
		one := &visitor{crowd: c, buyer: c.Buyers[n%len(c.Buyers)], random: rand.New(rand.NewPCG(c.Seed, uint64(n)))}
		one.wanted = 1 + one.random.IntN(placesMax)
		c.wg.Go(one.run)
	}
	return c
}

const (
	// placesMax is how many places a client wants at most.
	placesMax = 4
	// abandonedShare are the holds that clients forget, releasedShare those that they give back.
	abandonedShare, releasedShare = 0.45, 0.4
)

// visitor is one client of a crowd.
type visitor struct {
	crowd  *Crowd
	buyer  *client.Buyer
	random *rand.Rand
	wanted int // places that he has not paid for
	left   int // places that he was told of; 0: he has not asked, or there were none
}

func (v *visitor) run() {
	for v.wanted > 0 && wait.Sleep(v.crowd.ctx, jitter(v.random, v.crowd.Pause)) == nil {
		v.try()
	}
}

func (v *visitor) target() *client.Target {
	return v.crowd.Targets[v.random.IntN(len(v.crowd.Targets))]
}

// try is one hold with what follows.
func (v *visitor) try() {
	places := v.wanted
	if v.left > 0 {
		places = min(places, v.left)
	}
	hold := v.hold(places)
	if v.left = hold.Available; !hold.Succeeded() {
		return
	}
	switch choice := v.random.Float64(); {
	case v.crowd.settled.Load():
		v.pay(hold)
	case choice < abandonedShare:
	case choice < abandonedShare+releasedShare:
		v.buyer.Release(v.target(), hold.Event, hold.Booking)
	default:
		v.pay(hold)
	}
}

func (v *visitor) hold(places int) client.Operation {
	sale := v.crowd.Sale
	var seats []string
	if v.random.IntN(2) == 0 {
		first := v.random.IntN(sale.Size() - 1)
		seats = []string{sale.Seat(first), sale.Seat(first + 1)}[:1+v.random.IntN(2)]
	}
	hold := v.buyer.HoldMixed(v.target(), sale.ID, client.NewKey(), places, seats...)
	for !hold.Certain() && wait.Sleep(v.crowd.ctx, jitter(v.random, v.crowd.Pause)) == nil {
		hold = v.buyer.RetryHold(v.target(), hold)
	}
	v.crowd.note(v.buyer, hold)
	return hold
}

// pay asks until the outcome is known.
func (v *visitor) pay(hold client.Operation) {
	key := client.NewKey()
	for wait.Sleep(v.crowd.ctx, jitter(v.random, v.crowd.Pause)) == nil {
		o := v.buyer.Pay(v.target(), hold.Event, hold.Booking, key)
		if o.Succeeded() {
			v.wanted -= hold.Places
		}
		if o.Certain() && !o.NotExecuted() {
			return
		}
	}
}
