package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eventra/eventra"
)

// Cache keeps bytes by scope and key, shared by all instances. A scope's
// generation is part of where its values are: what was read before a scope was
// forgotten is never found after it. An error means that the cache is away.
type Cache interface {
	// Read returns the scope's generation, and the value if there is one.
	Read(ctx context.Context, scope, key string) (value []byte, generation string, err error)
	// Write keeps a value that was made after Read told the generation.
	Write(ctx context.Context, scope, key, generation string, value []byte) error
	// Forget begins a new generation.
	Forget(ctx context.Context, scope string) error
}

const (
	// KeptFor is how long pages should outlive MongoDB in the cache.
	KeptFor = 10 * time.Minute
	// freshFor is how old a page may be that another instance has overtaken.
	freshFor = 30 * time.Second

	// eventScopes is how many parts the events' pages have. A write forgets one
	// part: one in so many of all pages. A scope for each event would forget less, but
	// what is known of scopes could not be bounded.
	eventScopes = 256
	// pageMaxBytes keeps lists of giants out of the shared cache.
	pageMaxBytes = 1 << 20
)

// pages is the shared cache as the catalog needs it.
type pages struct {
	cache  Cache
	scopes [eventScopes]scope
	lists  scope
}

func newPages(cache Cache) *pages {
	p := &pages{cache: cache}
	for i := range p.scopes {
		p.scopes[i].name = fmt.Sprintf("event-%02x", i)
	}
	p.lists.name = "events"
	return p
}

// of returns the scope of an event's page; the last bytes of an id are random.
func (p *pages) of(id eventra.ID) *scope { return &p.scopes[int(id[len(id)-1])%eventScopes] }

// forget follows a write: nobody on this instance reads the event's page, or
// lists, from before it any more. If the shared cache is away, it is not read for
// these scopes until it has been told.
func (p *pages) forget(ctx context.Context, id eventra.ID) {
	for _, s := range []*scope{p.of(id), &p.lists} {
		s.written.Add(1)
		s.tell(ctx, p.cache)
	}
}

// forgetOwed tells the shared cache what it missed.
func (p *pages) forgetOwed(ctx context.Context) {
	for i := range p.scopes {
		if s := &p.scopes[i]; s.owes() {
			s.tell(ctx, p.cache)
		}
	}
	if p.lists.owes() {
		p.lists.tell(ctx, p.cache)
	}
}

// page is a value in the shared cache. Subject tells what it is of: several
// share one key.
type page struct {
	Subject  string          `json:"subject"`
	StoredAt time.Time       `json:"storedAt"`
	Value    json.RawMessage `json:"value"`
}

func (p *page) fresh() bool { return time.Since(p.StoredAt) < freshFor }

// place is where a value is in the shared cache, and what it is of.
type place struct {
	scope   *scope
	key     string
	subject string
}

// get returns what is cached, nil if nothing is, and the generation that set
// needs, "" if the cache is not to be used.
func (p *pages) get(ctx context.Context, at place) (cached *page, generation string) {
	if at.scope.owes() {
		return nil, ""
	}
	raw, generation, err := p.cache.Read(ctx, at.scope.name, at.key)
	if err != nil {
		return nil, ""
	}
	cached = &page{}
	if raw == nil || json.Unmarshal(raw, cached) != nil || cached.Subject != at.subject {
		return nil, generation
	}
	return cached, generation
}

// set is an effort only: what is not cached is read again.
func (p *pages) set(ctx context.Context, at place, generation string, value any) {
	raw, err := encode(value)
	if err != nil {
		return
	}
	raw, err = encode(page{at.subject, time.Now(), raw})
	if err == nil && len(raw) <= pageMaxBytes {
		_ = p.cache.Write(ctx, at.scope.name, at.key, generation, raw)
	}
}

// encode leaves attributes as they are stored, so that a page is the same
// from the cache and from MongoDB.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return out.Bytes(), err
}
