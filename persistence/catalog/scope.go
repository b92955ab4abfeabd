package catalog

import (
	"context"
	"sync/atomic"
	"time"
)

// forgetTimeout bounds an invalidation in the shared cache; it is tried again
// until it succeeds.
const forgetTimeout = 300 * time.Millisecond

// scope is a part of the cache that is forgotten as a whole. It counts the
// writes that this instance has seen, and how many of them the shared cache knows of.
// A reader notes the count before it reads the source: with another count since, what
// it read may be old.
type scope struct {
	name    string
	written atomic.Int64
	told    atomic.Int64
}

// owes reports whether the shared cache may hold what a write that was seen
// here has overtaken.
func (s *scope) owes() bool { return s.told.Load() < s.written.Load() }

// tell has the shared cache forget the scope.
func (s *scope) tell(ctx context.Context, cache Cache) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	written := s.written.Load() // those that came before this call; later ones tell by themselves
	if cache.Forget(ctx, s.name) != nil {
		return
	}
	for told := s.told.Load(); told < written; told = s.told.Load() {
		if s.told.CompareAndSwap(told, written) {
			return
		}
	}
}
