// Package catalog keeps the events with their details: documents in MongoDB, which
// are read through a cache in Redis, and whose terms of sale are copied to
// PostgreSQL.
//
// A change writes MongoDB first, by compare-and-set on the version, and marks the
// document as not copied until PostgreSQL has its terms. [Catalog.RunCopier]
// copies the terms that a process left behind when it failed in between.
package catalog

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
)

// Details is the store of the documents.
type Details interface {
	// Insert reports false, and changes nothing, if the id exists.
	Insert(ctx context.Context, e *eventra.Event) (inserted bool, err error)
	// Get also reports whether Sales has this version's terms: see MarkCopied.
	Get(ctx context.Context, id eventra.ID) (e *eventra.Event, copied bool, err error)
	List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error)
	// Replace stores e as the next version. CodePreconditionFailed unless version
	// e.Version-1 is stored.
	Replace(ctx context.Context, e *eventra.Event) error
	Delete(ctx context.Context, id eventra.ID) error
	// Uncopied lists events whose terms are not copied, the oldest write first.
	Uncopied(ctx context.Context, limit int) ([]*eventra.Event, error)
	// MarkCopied notes that Sales has the terms of a version. It does nothing if
	// another version is stored by now.
	MarkCopied(ctx context.Context, id eventra.ID, version int64) error
	MarkUncopied(ctx context.Context, id eventra.ID) error
	// MarkStale marks as not copied every event whose terms were copied by an
	// earlier release, which copied less.
	MarkStale(ctx context.Context) error
	// Refold makes at most limit events that an earlier release has written
	// searchable as this one searches, and returns how many it found.
	Refold(ctx context.Context, limit int) (int, error)
}

// Sales is the store that decides what is sold.
type Sales interface {
	// PutTerms ignores versions older than the one it has. With the terms it notes the event's
	// cancellation and its latest rescheduling, whose mails others send, and what the audit log has yet to get.
	PutTerms(ctx context.Context, e *eventra.Event) error
	// Rescheduled reports whether a rescheduling was noted.
	Rescheduled(ctx context.Context, id eventra.ID) (bool, error)
	// AddSeats adds all seats or none; the same addition again has the first one's
	// total. categories are the names of the seats' categories, by seat; one that is empty
	// follows from the seat's price. CodeSeatExists; CodeEventNotFound before the first PutTerms.
	AddSeats(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories ...string) (total int, err error)
	// PutPricing replaces the pricing, if it is at that version or ifVersion is 0.
	// CodePreconditionFailed; CodeCategoryInUse; CodeEventLocked; CodeEventNotFound before
	// the first PutTerms.
	PutPricing(ctx context.Context, id eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error)
	// RemoveSeats removes all of the named seats or none; the same removal again has the
	// first one's total.
	RemoveSeats(ctx context.Context, id, removal eventra.ID, seats []string) (total int, err error)
	// SetCategory gives seats a category of their event. CodeUnknownSeats; CodeEventLocked.
	SetCategory(ctx context.Context, id eventra.ID, selection eventra.SeatSelection, category string) (eventra.SeatsChanged, error)
	// AddFloors adds general-admission sections besides seats.
	AddFloors(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor) (total int, err error)
	// ChangeFloor changes a general-admission section: see [Catalog.ChangeFloor].
	ChangeFloor(ctx context.Context, id eventra.ID, name string, capacity, blocked *int) (eventra.StoredFloor, error)
	// SeatsAdded returns the event's total after an addition or a removal, and whether that was made.
	SeatsAdded(ctx context.Context, id, addition eventra.ID) (total int, made bool, err error)
	// DeleteEvent deletes an event without bookings; an unknown event is no error.
	// CodeEventHasBookings otherwise.
	DeleteEvent(ctx context.Context, id eventra.ID) error
	SeatsTotal(ctx context.Context, id eventra.ID) (int, error)
}

// Reloader makes the actor that sells an event load it again.
type Reloader interface {
	Reload(ctx context.Context, eventID eventra.ID) error
}

// Catalog keeps events and their details. It implements http.Catalog and is safe
// for concurrent use. Callers must not change the events that it returns, since
// they are shared.
type Catalog struct {
	details  Details
	sales    Sales
	reloader Reloader
	log      *slog.Logger

	pages     *pages
	events    *localCache[eventra.Event]
	lists     *localCache[list]
	reads     singleflight.Group
	awayUntil awayUntil
}

// New makes a catalog on its stores. reloader may be nil if this process sells
// nothing.
func New(details Details, sales Sales, cache Cache, reloader Reloader, log *slog.Logger) *Catalog {
	return &Catalog{
		details: details, sales: sales, reloader: reloader, log: log,
		pages: newPages(cache), events: newLocalCache(localEventsMax, eventBytes), lists: newLocalCache(localListsMax, listBytes),
	}
}

// CacheBytes returns about how many bytes this process's own copies of pages and lists take.
func (c *Catalog) CacheBytes() int { return c.events.size() + c.lists.size() }

// Create stores a new draft and sets *e to it. If the id exists, it sets *e to the
// stored event instead.
func (c *Catalog) Create(ctx context.Context, e *eventra.Event) error {
	now := time.Now()
	e.Status, e.EverPublished, e.Cancellation, e.Rescheduling, e.SeatsTotal, e.Version = eventra.EventDraft, false, nil, nil, 0, 1
	e.CreatedAt, e.UpdatedAt = now, now
	if err := validate(e); err != nil {
		return err
	}
	was, is := e.AuditFacts(nil)
	e.Audit = []eventra.AuditEntry{entryOf(ctx, e.ID, eventra.AuditEventCreate, e, was, is)}
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
