// Package catalog is the events with their details: documents in MongoDB,
// whose terms of sale are copied to Postgres, and which are read through a
// cache in Redis.
//
// MongoDB is written first, by compare-and-set on the version; a document
// whose terms Postgres does not have yet is marked, and [Catalog.RunCopier]
// makes up for whoever died or failed in between.
package catalog

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
)

// Details is where the documents are.
type Details interface {
	// Insert reports false, and changes nothing, for an id that it has.
	Insert(ctx context.Context, e *eventra.Event) (inserted bool, err error)
	// Get tells also whether the authority has the terms: see MarkCopied.
	Get(ctx context.Context, id eventra.ID) (e *eventra.Event, copied bool, err error)
	List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error)
	// Replace: CodePreconditionFailed unless version e.Version-1 is stored.
	Replace(ctx context.Context, e *eventra.Event) error
	Delete(ctx context.Context, id eventra.ID) error
	// SetSeatsTotal makes the next version, with this total or a larger one.
	SetSeatsTotal(ctx context.Context, id eventra.ID, total int, at time.Time) (*eventra.Event, error)
	Uncopied(ctx context.Context, limit int) ([]*eventra.Event, error)
	// MarkCopied does nothing if another version is stored by now.
	MarkCopied(ctx context.Context, id eventra.ID, version int64) error
	MarkUncopied(ctx context.Context, id eventra.ID) error
}

// Sales is the authority over what is sold.
type Sales interface {
	// PutTerms ignores versions older than the one it has.
	PutTerms(ctx context.Context, e *eventra.Event) error
	// AddSeats: CodeSeatExists; CodeEventNotFound before the first PutTerms.
	AddSeats(ctx context.Context, id eventra.ID, seats []eventra.Seat) (total int, err error)
	// DeleteEvent: CodeEventHasBookings; an unknown event is no error.
	DeleteEvent(ctx context.Context, id eventra.ID) error
	SeatsTotal(ctx context.Context, id eventra.ID) (int, error)
}

// Reloader has whoever sells an event read it anew.
type Reloader interface {
	Reload(ctx context.Context, eventID eventra.ID) error
}

// Catalog implements the HTTP layer's catalog. It is safe for concurrent use.
// Events that it returns are shared: they are not to be written to.
type Catalog struct {
	details  Details
	sales    Sales
	reloader Reloader
	log      *slog.Logger

	pages     *pages
	events    *copies[eventra.Event]
	lists     *copies[list]
	flights   singleflight.Group
	awayUntil awayUntil
}

// New makes a catalog over its stores. reloader may be nil where nothing is
// sold in this process.
func New(details Details, sales Sales, cache Cache, reloader Reloader, log *slog.Logger) *Catalog {
	return &Catalog{
		details: details, sales: sales, reloader: reloader, log: log,
		pages: newPages(cache), events: newCopies[eventra.Event](eventCopiesMax), lists: newCopies[list](listCopiesMax),
	}
}

// Create stores a new draft. The same id again is the same draft.
func (c *Catalog) Create(ctx context.Context, e *eventra.Event) error {
	now := time.Now()
	e.Status, e.SeatsTotal, e.Version = eventra.EventDraft, 0, 1
	e.CreatedAt, e.UpdatedAt = now, now
	if err := validate(e); err != nil {
		return err
	}
	if _, err := c.details.Insert(ctx, e); err != nil {
		return err
	}
	stored, copied, err := c.details.Get(ctx, e.ID)
	if err != nil {
		return err
	}
	*e = *stored
	if copied {
		return nil
	}
	return c.written(ctx, e)
}

func validate(e *eventra.Event) error {
	var f eventra.Faults
	e.Validate(&f)
	return f.Err()
}
