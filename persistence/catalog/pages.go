package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// Cache keeps bytes by scope and key. A scope's generation is part of where
// its values are: what was read before a scope was forgotten is never found
// after it. An error means that the cache is away.
type Cache interface {
	// Read returns the scope's generation, and the value if there is one.
	Read(ctx context.Context, scope, key string) (value []byte, generation string, err error)
	// Write keeps a value that was made after Read told the generation.
	Write(ctx context.Context, scope, key, generation string, value []byte) error
	// Forget begins a new generation.
	Forget(ctx context.Context, scope string) error
}

const (
	// freshFor is how old a page may be that another instance has overtaken.
	freshFor = 30 * time.Second
	// forgetTimeout bounds an invalidation; it is tried again at the next read.
	forgetTimeout = 300 * time.Millisecond

	listScope = "events"
)

func eventScope(id eventra.ID) string { return "event:" + id.String() }

// KeptFor is how long pages should outlive MongoDB in the cache.
const KeptFor = 10 * time.Minute

// pages is the cache as the catalog needs it. A write has its scopes
// forgotten. One that could not be, for the cache was away, is not read from
// the cache here until it could.
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

// invalidate has an event's page and all lists forgotten.
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	if p.cache.Forget(ctx, scope) != nil {
		return false
	}
	p.setDirty(scope, false)
	return true
}

// get returns what is cached, nil if nothing is, and the generation that set
// needs, "" if the cache is not to be used.
func (p *pages) get(ctx context.Context, scope, key string) (cached *page, generation string) {
	if !p.clean(ctx, scope) {
		return nil, ""
	}
	raw, generation, err := p.cache.Read(ctx, scope, key)
	if err != nil {
		return nil, ""
	}
	cached = &page{}
	if raw == nil || json.Unmarshal(raw, cached) != nil {
		return nil, generation
	}
	return cached, generation
}

// set is an effort only: what is not cached is read again.
func (p *pages) set(ctx context.Context, scope, key, generation string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		return
	}
	if raw, err = json.Marshal(page{time.Now(), raw}); err == nil {
		_ = p.cache.Write(ctx, scope, key, generation, raw)
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
