package auth

import (
	"strings"
	"sync"
	"time"
)

// tokenCacheMax is how many tokens each of the two generations holds: the
// buyers of a large sale, in about 10 MB.
const tokenCacheMax = 16_384

// tokenCache remembers verified tokens. Tokens are kept in two generations; when the
// young one is full it becomes the old one, and the tokens of the previous old one that
// were not used since are forgotten.
type tokenCache struct {
	mu         sync.RWMutex
	young, old map[string]*Caller
}

// get returns a token's caller, or nil if the token is unknown or has expired.
func (c *tokenCache) get(token string, now time.Time) *Caller {
	c.mu.RLock()
	caller, young := c.young[token]
	if !young {
		caller = c.old[token]
	}
	c.mu.RUnlock()
	if caller == nil || !now.Before(caller.Expires) {
		return nil
	}
	if !young {
		c.put(token, caller)
	}
	return caller
}

// put remembers a copy of a token.
func (c *tokenCache) put(token string, caller *Caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= tokenCacheMax {
		c.young, c.old = make(map[string]*Caller), c.young
	}
	c.young[strings.Clone(token)] = caller
}
