package catalog

import (
	"context"
	"sync/atomic"
	"time"
)

// invalidateTimeout bounds an attempt to invalidate a scope of the shared cache. It
// is retried until it succeeds.
const invalidateTimeout = 300 * time.Millisecond

// scope is a part of the cache that is invalidated as a whole. It counts the writes
// that this instance has seen. A reader notes the count before it reads the source;
// if the count has changed since, the value may be old.
type scope struct {
	name        string
	written     atomic.Int64
	invalidated atomic.Int64 // the writes for which the shared cache was invalidated
}

// outdated reports whether the shared cache may hold values from before a write
// that this instance has seen.
func (s *scope) outdated() bool { return s.invalidated.Load() < s.written.Load() }

// invalidate invalidates the scope in the shared cache.
func (s *scope) invalidate(ctx context.Context, cache Cache) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), invalidateTimeout)
	defer cancel()
	written := s.written.Load() // later writes invalidate for themselves
	if cache.Invalidate(ctx, s.name) != nil {
		return
	}
	for done := s.invalidated.Load(); done < written; done = s.invalidated.Load() {
		if s.invalidated.CompareAndSwap(done, written) {
			return
		}
	}
}
