package catalog

import (
	"context"
	"encoding/json"
	"hash/crc32"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
)

const (
	// listSlots is how many lists the shared cache keeps at most. Any client can ask
	// for any number of lists; they replace each other and take no more room.
	listSlots = 128

	// awayPause is how long old pages answer at once after a read has found MongoDB
	// away, before another read waits for it again.
	awayPause = 2 * time.Second
)

// list is one page of the list of events.
type list struct {
	Items []*eventra.Event `json:"items"`
	Next  *eventra.Cursor  `json:"next"`
}

// awayUntil is a Unix time in nanoseconds.
type awayUntil struct{ atomic.Int64 }

func (a *awayUntil) set()        { a.Store(time.Now().Add(awayPause).UnixNano()) }
func (a *awayUntil) ahead() bool { return time.Now().UnixNano() < a.Load() }

// Event returns one event. While MongoDB is away, it may be older than usual.
func (c *Catalog) Event(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	at := place{scope: c.pages.of(id), key: slotOf(id), subject: id.String()}
	return read(ctx, c, c.events, at, func(ctx context.Context) (*eventra.Event, error) {
		e, _, err := c.details.Get(ctx, id)
		return e, err
	})
}

// Events returns one page of the list of events. While MongoDB is away, it may be
// older than usual.
func (c *Catalog) Events(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	query, err := json.Marshal([]any{f, p})
	if err != nil {
		return nil, nil, err
	}
	at := place{scope: &c.pages.lists, key: slotOfList(f, query), subject: string(query)}
	l, err := read(ctx, c, c.lists, at, func(ctx context.Context) (*list, error) {
		items, next, err := c.details.List(ctx, f, p)
		return &list{items, next}, err
	})
	if err != nil {
		return nil, nil, err
	}
	return l.Items, l.Next, nil
}

// slotOfList returns the key of a list. One that searches for words has none: everybody
// chooses other words, so the shared cache would keep what nobody asks for again.
func slotOfList(f eventra.EventFilter, query []byte) string {
	if f.Text != "" {
		return ""
	}
	return strconv.Itoa(int(crc32.ChecksumIEEE(query) % listSlots))
}

// read returns a value from this process's memory, or else from the shared cache or
// MongoDB. Concurrent reads of a value share one. The name of the shared read
// contains the count of writes, so that no read joins one from before a write.
func read[T any](ctx context.Context, c *Catalog, local *localCache[T], at place, load func(context.Context) (*T, error)) (*T, error) {
	written := at.scope.written.Load()
	if value := local.get(at.subject, written); value != nil {
		return value, nil
	}
	name := at.scope.name + " " + strconv.FormatInt(written, 10) + " " + at.subject
	value, err, _ := c.reads.Do(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx) // others wait for it, too; the stores' own timeouts bound it
		value, err := readThrough(ctx, c, at, load)
		if err == nil {
			local.put(at.subject, written, value)
		}
		return value, err
	})
	if err != nil {
		return nil, err
	}
	return value.(*T), nil
}

// readThrough returns a fresh value of the shared cache, or else MongoDB's, or else
// an old one of the shared cache.
func readThrough[T any](ctx context.Context, c *Catalog, at place, load func(context.Context) (*T, error)) (*T, error) {
	cached, generation := c.pages.get(ctx, at)
	var known *T
	if cached != nil {
		if value := new(T); json.Unmarshal(cached.Value, value) == nil {
			known = value
		}
	}
	if known != nil && (cached.fresh() || c.awayUntil.ahead()) {
		return known, nil
	}
	value, err := load(ctx)
	switch {
	case err == nil && generation != "":
		c.pages.set(ctx, at, generation, value)
	case eventra.CodeOf(err) == eventra.CodeUnavailable:
		c.awayUntil.set()
		if known != nil {
			return known, nil
		}
	}
	return value, err
}
