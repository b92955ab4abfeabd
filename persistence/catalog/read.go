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
	// listSlots is how many lists the shared cache keeps at most. Anybody can
	// ask for lists without end; they push each other out and take no more room.
	listSlots = 1024

	// awayPause is how long stale pages answer at once after MongoDB was found
	// away, before somebody waits for it again.
	awayPause = 2 * time.Second
)

// list is a part of the list of events.
type list struct {
	Items []*eventra.Event `json:"items"`
	Next  *eventra.Cursor  `json:"next"`
}

// awayUntil is a time in nanoseconds of the Unix epoch.
type awayUntil struct{ atomic.Int64 }

func (a *awayUntil) set()        { a.Store(time.Now().Add(awayPause).UnixNano()) }
func (a *awayUntil) ahead() bool { return time.Now().UnixNano() < a.Load() }

// Event reads one event. While MongoDB is away, a page that is no longer
// fresh answers.
func (c *Catalog) Event(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	at := place{scope: c.pages.of(id), key: id.String(), subject: id.String()}
	return read(ctx, c, c.events, at, func(ctx context.Context) (*eventra.Event, error) {
		e, _, err := c.details.Get(ctx, id)
		return e, err
	})
}

// Events reads a part of the list of events.
func (c *Catalog) Events(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	question, err := json.Marshal([]any{f, p})
	if err != nil {
		return nil, nil, err
	}
	slot := strconv.Itoa(int(crc32.ChecksumIEEE(question) % listSlots))
	at := place{scope: &c.pages.lists, key: slot, subject: string(question)}
	l, err := read(ctx, c, c.lists, at, func(ctx context.Context) (*list, error) {
		items, next, err := c.details.List(ctx, f, p)
		return &list{items, next}, err
	})
	if err != nil {
		return nil, nil, err
	}
	return l.Items, l.Next, nil
}

// read answers from this process's memory, else from the shared cache or
// MongoDB, once for all who ask at the same time. The count of writes is in the
// flight's name: nobody joins a read from before a write.
func read[T any](ctx context.Context, c *Catalog, copies *copies[T], at place, load func(context.Context) (*T, error)) (*T, error) {
	written := at.scope.written.Load()
	if value := copies.get(at.subject, written); value != nil {
		return value, nil
	}
	flight := at.scope.name + " " + strconv.FormatInt(written, 10) + " " + at.subject
	value, err, _ := c.flights.Do(flight, func() (any, error) {
		ctx := context.WithoutCancel(ctx) // others wait for it as well; the stores' own limits bound it
		value, err := readThrough(ctx, c, at, load)
		if err == nil {
			copies.put(at.subject, written, value)
		}
		return value, err
	})
	if err != nil {
		return nil, err
	}
	return value.(*T), nil
}

// readThrough answers from the shared cache while it is fresh, else from
// MongoDB, else from the cache as it is.
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
