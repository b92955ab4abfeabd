package actors

import "time"

// storeClock estimates the store's clock from what its answers say. Deadlines
// are the store's; only how long to wait for them is decided here. It may be
// behind the store's clock, by no more than an answer took, but not ahead of it:
// nobody is told that a hold has run out which has not.
type storeClock struct{ offset time.Duration } // store minus local

// reset takes an answer at the store's time at, received when given.
func (c *storeClock) reset(at, received time.Time) {
	c.offset = at.Sub(received)
}

// observe narrows the estimate: the store's time at lay between asked and
// received.
func (c *storeClock) observe(at, asked, received time.Time) {
	c.offset = min(max(c.offset, at.Sub(received)), at.Sub(asked))
}

// at converts a time of the local clock.
func (c *storeClock) at(local time.Time) time.Time { return local.Add(c.offset) }

// local converts a time of the store's clock.
func (c *storeClock) local(at time.Time) time.Time { return at.Add(-c.offset) }
