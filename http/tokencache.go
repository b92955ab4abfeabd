package http

import (
	"strings"
	"sync"
	"time"
)

// tokenCacheMax is how many tokens each of the two generations holds: the
// buyers of a large sale, in about 10 MB.
const tokenCacheMax = 16_384

// tokenCache remembers access tokens that were verified, for checking a
// signature and reading the claims is half of what this layer does for a hold.
// Tokens are kept in two generations; when the young one is full it becomes
// the old one, and what was in that and not used since is forgotten.
type tokenCache struct {
	mu         sync.RWMutex
	young, old map[string]*caller
}

// get returns whose token it is, if it is known and not over.
func (c *tokenCache) get(token string, now time.Time) *caller {
	c.mu.RLock()
	who, young := c.young[token]
	if !young {
		who = c.old[token]
	}
	c.mu.RUnlock()
	if who == nil || !now.Before(who.Expires) {
		return nil
	}
	if !young {
		c.put(token, who)
	}
	return who
}

// put remembers a copy of a token.
func (c *tokenCache) put(token string, who *caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= tokenCacheMax {
		c.young, c.old = make(map[string]*caller), c.young
	}
	c.young[strings.Clone(token)] = who
}
