package auth

import (
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	// tokenCacheMaxBytes bounds the cache: the buyers of a large sale, some 40,000.
	tokenCacheMaxBytes = 24 << 20
	// tokenOverheadBytes is about what a token takes besides its text: the caller, and
	// the cache's own entry.
	tokenOverheadBytes = 220
)

// tokenCache remembers verified tokens until they expire. A read takes about 140 ns and
// allocates nothing: 50 to 90 ns more than the two maps under a lock that it replaces,
// which knew no bytes and kept expired tokens.
type tokenCache struct {
	callers *otter.Cache[string, *Caller]
}

func newTokenCache(maxBytes uint64) tokenCache {
	return tokenCache{otter.Must(&otter.Options[string, *Caller]{
		MaximumWeight: maxBytes,
		Weigher:       func(token string, _ *Caller) uint32 { return uint32(len(token) + tokenOverheadBytes) },
		Clock:         WallClock{},
		ExpiryCalculator: otter.ExpiryCreatingFunc(func(e otter.Entry[string, *Caller]) time.Duration {
			return max(1, time.Duration(e.Value.Expires.UnixNano()-e.SnapshotAtNano)) // 0 would be for ever
		}),
	})}
}

// get returns a token's caller, or nil if the token is unknown or has expired.
func (c tokenCache) get(token string) *Caller {
	caller, _ := c.callers.GetIfPresent(token)
	return caller
}

// put remembers a copy of a token.
func (c tokenCache) put(token string, caller *Caller) { c.callers.Set(strings.Clone(token), caller) }

// WallClock is the clock by which tokens expire. Without ticks the cache needs no
// goroutine: writes remove what has expired.
type WallClock struct{}

// NowNano implements otter.Clock.
func (WallClock) NowNano() int64 { return time.Now().UnixNano() }

// Tick implements otter.Clock.
func (WallClock) Tick(time.Duration) <-chan time.Time { return nil }
