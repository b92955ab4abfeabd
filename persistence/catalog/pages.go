package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/eventra/eventra"
)

// Cache keeps bytes by scope and key, shared by all instances. Each value belongs to
// a generation of its scope, and only values of the present generation are found.
// An error means that the cache is away.
type Cache interface {
	// Read returns the scope's generation, and the value if there is one.
	Read(ctx context.Context, scope, key string) (value []byte, generation string, err error)
	// Write keeps a value that was read from its source after Read had returned
	// the generation.
	Write(ctx context.Context, scope, key, generation string, value []byte) error
	// Invalidate begins a new generation.
	Invalidate(ctx context.Context, scope string) error
}

const (
	// KeptFor is how long cached pages answer while MongoDB is away.
	KeptFor = 10 * time.Minute
	// freshFor is how old a page may get that a write at another instance has
	// outdated, if that instance could not invalidate it.
	freshFor = 30 * time.Second

	// eventScopes is the number of scopes of event pages. A write invalidates one of
	// them. A scope per event would invalidate less, but the state of the scopes
	// could not be bounded.
	eventScopes = 256
	// eventSlots is how many events of a scope the shared cache keeps.
	eventSlots = 8

	// eventPageMaxBytes and listPageMaxBytes keep larger pages out of the shared cache. With
	// the numbers of slots they bound its bytes, whatever clients ask for: 160 MiB, of which
	// events take what their texts are long. The rest of Redis belongs to the queue of mails.
	eventPageMaxBytes = 64 << 10
	listPageMaxBytes  = 256 << 10
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

// slotOf returns the key of an event's page. Events of one slot replace each other.
func slotOf(id eventra.ID) string { return strconv.Itoa(int(id[len(id)-2]) % eventSlots) }

// invalidate follows a write: from now on this instance returns no page of the
// event, and no list, from before it. While the shared cache is away and cannot be
// invalidated, this instance does not read these scopes from it.
func (p *pages) invalidate(ctx context.Context, id eventra.ID) {
	for _, s := range []*scope{p.of(id), &p.lists} {
		s.written.Add(1)
		s.invalidate(ctx, p.cache)
	}
}

// invalidateOutdated invalidates the scopes for which an attempt has failed.
func (p *pages) invalidateOutdated(ctx context.Context) {
	for i := range p.scopes {
		if s := &p.scopes[i]; s.outdated() {
			s.invalidate(ctx, p.cache)
		}
	}
	if p.lists.outdated() {
		p.lists.invalidate(ctx, p.cache)
	}
}

// page is a value in the shared cache. Its subject says what it shows, since pages
// share keys.
type page struct {
	Subject  string          `json:"subject"`
	StoredAt time.Time       `json:"storedAt"`
	Value    json.RawMessage `json:"value"`
}

func (p *page) fresh() bool { return time.Since(p.StoredAt) < freshFor }

// place is the location of a value in the shared cache, and what it shows.
type place struct {
	scope   *scope
	key     string // "": not in the shared cache
	subject string
}

// get returns the cached page, nil if there is none, and the generation that set
// needs. The generation is "" if the cache must not be used.
func (p *pages) get(ctx context.Context, at place) (cached *page, generation string) {
	if at.key == "" || at.scope.outdated() {
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

// set may fail: a value that is not cached is read again.
func (p *pages) set(ctx context.Context, at place, generation string, value any) {
	raw, err := encode(value)
	if err != nil {
		return
	}
	maxBytes := eventPageMaxBytes
	if at.scope == &p.lists {
		maxBytes = listPageMaxBytes
	}
	raw, err = encode(page{at.subject, time.Now(), raw})
	if err == nil && len(raw) <= maxBytes {
		_ = p.cache.Write(ctx, at.scope.name, at.key, generation, raw)
	}
}

// encode keeps attributes as they are stored, so that a page from the cache is the
// same as from MongoDB.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return out.Bytes(), err
}
