package actors

import "time"

// storeClock estimates the store's clock from the times in its answers. Deadlines
// are in the store's time; the estimate only says how long to wait for them. It may
// be behind the store's clock, by at most the duration of an answer, but never
// ahead of it: no hold is called expired before its deadline.
type storeClock struct{ offset time.Duration } // store minus local

// reset takes the store's time at from an answer that arrived at received.
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
