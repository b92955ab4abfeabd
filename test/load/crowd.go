// Package load has buyers use Eventra for a while, and says how that went for
// them.
package load

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Crowd is a number of shoppers who go about buying until they are stopped. It
// is bounded by itself too: in time, and in operations.
type Crowd struct {
	Sales    []*Counter
	Targets  []*client.Target // each shopper keeps to one
	Buyers   []*client.Buyer
	Shoppers int
	Pause    time.Duration // between two operations of a shopper
	Seed     uint64
	Within   time.Duration // at most
	Max      int           // operations at most
	// Contended is the share of holds that go for the few seats that many
	// want; 0.3 if zero.
	Contended float64
	// HoldsOnly has shoppers neither pay nor release nor read.
	HoldsOnly bool

	stop      chan struct{}
	once      sync.Once
	wg        sync.WaitGroup
	performed atomic.Int64
	until     time.Time

	openHolds
}

// Start lets the shoppers in.
func (c *Crowd) Start() *Crowd {
	c.stop = make(chan struct{})
	c.until = time.Now().Add(c.Within)
	if c.Contended == 0 {
		c.Contended = 0.3
	}
	for i := range c.Shoppers {
		s := &shopper{crowd: c, number: i, buyer: c.Buyers[i%len(c.Buyers)], target: c.Targets[i%len(c.Targets)],
			dice: rand.New(rand.NewPCG(c.Seed, uint64(i)))}
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			s.shop()
		}()
	}
	return c
}

// Stop ends the shopping and waits for the operations under way.
func (c *Crowd) Stop() {
	c.once.Do(func() { close(c.stop) })
	c.wg.Wait()
}

// over reports whether a shopper is to go home; otherwise one more operation
// is counted.
func (c *Crowd) over() bool {
	select {
	case <-c.stop:
		return true
	default:
		return time.Now().After(c.until) || c.performed.Add(1) > int64(c.Max)
	}
}
