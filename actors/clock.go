package actors

import "time"

// storeClock estimates the store's clock from what its answers say. Deadlines
// are the store's; only how long to wait for them is decided here.
type storeClock struct{ offset time.Duration } // store minus local

// reset takes an answer at the store's time at, asked and received when given.
func (c *storeClock) reset(at, asked, received time.Time) {
	c.offset = at.Sub(asked.Add(received.Sub(asked) / 2))
}

// observe narrows the estimate: the store's time at lay between asked and
// received.
func (c *storeClock) observe(at, asked, received time.Time) {
	c.offset = min(max(c.offset, at.Sub(received)), at.Sub(asked))
}

func (c *storeClock) now() time.Time { return time.Now().Add(c.offset) }

// local converts a time of the store's clock.
func (c *storeClock) local(at time.Time) time.Time { return at.Add(-c.offset) }
