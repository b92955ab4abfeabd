package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// Cache keeps bytes, and a generation for each scope. An error means that it
// is away.
type Cache interface {
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Generation is 0 for a scope that was never bumped.
	Generation(ctx context.Context, scope string) (int64, error)
	Bump(ctx context.Context, scope string) error
}

const (
	// freshFor is how old a page may be that another instance has overtaken.
	freshFor = 30 * time.Second
	// keptFor is how long pages outlive MongoDB.
	keptFor = 10 * time.Minute
	// bumpTimeout bounds an invalidation; it is tried again at the next read.
	bumpTimeout = 300 * time.Millisecond

	listScope = "events"
)

func eventScope(id eventra.ID) string { return "event:" + id.String() }

// pages is the cache as the catalog needs it. A write ends a scope's
// generation, whose number is part of every key, so that what was read before a write is never
// found after it. A scope whose generation could not be ended, for the cache
// was away, is not read from the cache here until it could.
type pages struct {
	cache Cache

	mu    sync.Mutex
	dirty map[string]bool
}

func newPages(cache Cache) *pages { return &pages{cache: cache, dirty: map[string]bool{}} }

// page is a cached value and its age.
type page struct {
	StoredAt time.Time       `json:"storedAt"`
	Value    json.RawMessage `json:"value"`
}

func (p *page) fresh() bool { return time.Since(p.StoredAt) < freshFor }

// invalidate ends the generations of an event's page and of all lists.
func (p *pages) invalidate(ctx context.Context, id eventra.ID) {
	for _, scope := range []string{eventScope(id), listScope} {
		p.setDirty(scope, true)
		p.clean(ctx, scope)
	}
}

func (p *pages) setDirty(scope string, dirty bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if dirty {
		p.dirty[scope] = true
	} else {
		delete(p.dirty, scope)
	}
}

func (p *pages) isDirty(scope string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dirty[scope]
}

// clean reports whether the scope may be read from the cache.
func (p *pages) clean(ctx context.Context, scope string) bool {
	if !p.isDirty(scope) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bumpTimeout)
	defer cancel()
	if p.cache.Bump(ctx, scope) != nil {
		return false
	}
	p.setDirty(scope, false)
	return true
}

// key returns where a value of this scope is now; "" if the cache is not to be used.
func (p *pages) key(ctx context.Context, scope, name string) string {
	if !p.clean(ctx, scope) {
		return ""
	}
	generation, err := p.cache.Generation(ctx, scope)
	if err != nil {
		return ""
	}
	return scope + ":" + strconv.FormatInt(generation, 10) + ":" + name
}

func (p *pages) get(ctx context.Context, key string) *page {
	if key == "" {
		return nil
	}
	raw, found, err := p.cache.Get(ctx, key)
	if err != nil || !found {
		return nil
	}
	cached := &page{}
	if json.Unmarshal(raw, cached) != nil {
		return nil
	}
	return cached
}

// set is an effort only: what is not cached is read again.
func (p *pages) set(ctx context.Context, key string, value any) {
	if key == "" {
		return
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return
	}
	if raw, err = json.Marshal(page{time.Now(), raw}); err == nil {
		_ = p.cache.Set(ctx, key, raw, keptFor)
	}
}

// list is a part of the list of events as it is cached.
type list struct {
	Items []*eventra.Event `json:"items"`
	Next  *eventra.Cursor  `json:"next"`
}

func listName(f eventra.EventFilter, p eventra.Page) string {
	text, _ := json.Marshal([]any{f, p}) // values of plain types
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
