package catalog

import (
	"context"
	"encoding/json"

	"github.com/eventra/eventra"
)

// Event reads one event. While MongoDB is away, a page that is no longer
// fresh answers.
func (c *Catalog) Event(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	return read(ctx, c, eventScope(id), "page", func(ctx context.Context) (*eventra.Event, error) {
		e, _, err := c.details.Get(ctx, id)
		return e, err
	})
}

// Events reads a part of the list of events.
func (c *Catalog) Events(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	l, err := read(ctx, c, listScope, listName(f, p), func(ctx context.Context) (*list, error) {
		items, next, err := c.details.List(ctx, f, p)
		return &list{items, next}, err
	})
	if err != nil {
		return nil, nil, err
	}
	return l.Items, l.Next, nil
}

// read answers from the cache while it is fresh, else from MongoDB, once for
// all who ask at the same time, else from the cache as it is.
func read[T any](ctx context.Context, c *Catalog, scope, key string, load func(context.Context) (*T, error)) (*T, error) {
	cached, generation := c.pages.get(ctx, scope, key)
	if cached != nil && cached.fresh() {
		if value := decode[T](cached); value != nil {
			return value, nil
		}
	}
	// Without a generation, nobody may join a read from before a write.
	if generation == "" {
		return load(ctx)
	}
	value, err, _ := c.flights.Do(scope+" "+generation+" "+key, func() (any, error) {
		ctx := context.WithoutCancel(ctx) // others may wait for it; the stores' own limits bound it
		loaded, err := load(ctx)
		if err == nil {
			c.pages.set(ctx, scope, key, generation, loaded)
		}
		return loaded, err
	})
	if err == nil {
		return value.(*T), nil
	}
	if cached != nil && eventra.CodeOf(err) == eventra.CodeUnavailable {
		if stale := decode[T](cached); stale != nil {
			return stale, nil
		}
	}
	return nil, err
}

func decode[T any](p *page) *T {
	value := new(T)
	if json.Unmarshal(p.Value, value) != nil {
		return nil
	}
	return value
}
