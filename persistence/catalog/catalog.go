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
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
)

// Details is where the documents are.
type Details interface {
	Insert(ctx context.Context, e *eventra.Event) (inserted bool, err error)
	Get(ctx context.Context, id eventra.ID) (e *eventra.Event, copied bool, err error)
	List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error)
	// Replace: CodePreconditionFailed unless version e.Version-1 is stored.
	Replace(ctx context.Context, e *eventra.Event) error
	Delete(ctx context.Context, id eventra.ID) error
	SetSeatsTotal(ctx context.Context, id eventra.ID, total int, at time.Time) (*eventra.Event, error)
	Uncopied(ctx context.Context, limit int) ([]*eventra.Event, error)
	MarkCopied(ctx context.Context, id eventra.ID, version int64) error
	MarkUncopied(ctx context.Context, id eventra.ID) error
}

// Sales is the authority over what is sold.
type Sales interface {
	PutTerms(ctx context.Context, e *eventra.Event) error
	AddSeats(ctx context.Context, id eventra.ID, seats []eventra.Seat) (total int, err error)
	DeleteEvent(ctx context.Context, id eventra.ID) error
	SeatsTotal(ctx context.Context, id eventra.ID) (int, error)
}

// Reloader has whoever sells an event read it anew.
type Reloader interface {
	Reload(ctx context.Context, eventID eventra.ID) error
}

const (
	// updateTries bounds how often a change is made anew because another one
	// came in between.
	updateTries = 5
	// reloadTimeout bounds the wait for the event's actor.
	reloadTimeout = 3 * time.Second
)

// Catalog implements the HTTP layer's catalog. It is safe for concurrent use.
type Catalog struct {
	details  Details
	sales    Sales
	pages    *pages
	reloader Reloader
	log      *slog.Logger
	flights  singleflight.Group
}

// New makes a catalog over its stores. reloader may be nil where nothing is
// sold in this process.
func New(details Details, sales Sales, cache Cache, reloader Reloader, log *slog.Logger) *Catalog {
	return &Catalog{details: details, sales: sales, pages: newPages(cache), reloader: reloader, log: log}
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

// Update lets change edit a copy of the event and stores it.
func (c *Catalog) Update(ctx context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error) {
	return c.replace(ctx, id, ifVersion, func(old, e *eventra.Event, _ bool) error {
		if err := change(e); err != nil {
			return err
		}
		e.ID, e.Status, e.SeatsTotal, e.CreatedAt = old.ID, old.Status, old.SeatsTotal, old.CreatedAt
		if err := e.CheckChange(old); err != nil {
			return err
		}
		return validate(e)
	})
}

// Transition publishes or cancels an event. One that stands there already,
// and whose copy is still owed, is copied now.
func (c *Catalog) Transition(ctx context.Context, id eventra.ID, to eventra.EventStatus) (*eventra.Event, error) {
	return c.replace(ctx, id, 0, func(old, e *eventra.Event, copied bool) error {
		if old.Status == to && !copied {
			return nil
		}
		if !old.Status.CanBecome(to) {
			return eventra.Errorf(eventra.CodeInvalidTransition, "the event is %s and cannot become %s", old.Status, to)
		}
		total, err := c.sales.SeatsTotal(ctx, id)
		if err != nil {
			return err
		}
		if to == eventra.EventPublished && total == 0 {
			return eventra.Errorf(eventra.CodeInvalidTransition, "an event needs at least one seat to be published")
		}
		e.Status, e.SeatsTotal = to, total
		return nil
	})
}

// replace reads the event, has a copy edited, and stores it as the next
// version, anew if somebody else did so meanwhile.
func (c *Catalog) replace(ctx context.Context, id eventra.ID, ifVersion int64, edit func(old, e *eventra.Event, copied bool) error) (*eventra.Event, error) {
	var conflict error
	for range updateTries {
		old, copied, err := c.details.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if ifVersion != 0 && old.Version != ifVersion {
			return nil, eventra.Errorf(eventra.CodePreconditionFailed, "the event is at version %d by now", old.Version)
		}
		e := *old
		e.Tags, e.Attributes = slices.Clone(old.Tags), slices.Clone(old.Attributes)
		if err := edit(old, &e, copied); err != nil {
			return nil, err
		}
		e.Version, e.UpdatedAt = old.Version+1, time.Now()
		conflict = c.details.Replace(ctx, &e)
		if eventra.CodeOf(conflict) == eventra.CodePreconditionFailed {
			continue
		}
		if conflict != nil {
			return nil, conflict
		}
		normalize(&e)
		return &e, c.written(ctx, &e)
	}
	return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "the event is being changed by others", Err: conflict}
}

// normalize gives times as they are stored, to the millisecond.
func normalize(e *eventra.Event) {
	for _, t := range []*time.Time{&e.StartsAt, &e.EndsAt, &e.CreatedAt, &e.UpdatedAt, e.SaleStartsAt, e.SaleEndsAt} {
		if t != nil {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
}

// Delete removes an event that nobody ever booked.
func (c *Catalog) Delete(ctx context.Context, id eventra.ID) error {
	if _, _, err := c.details.Get(ctx, id); err != nil {
		return err
	}
	if err := c.sales.DeleteEvent(ctx, id); err != nil {
		return err
	}
	if err := c.details.Delete(ctx, id); err != nil {
		return err
	}
	c.pages.invalidate(ctx, id)
	c.reload(ctx, id)
	return nil
}

// AddSeats adds all seats or none and returns the event's new total.
func (c *Catalog) AddSeats(ctx context.Context, id eventra.ID, seats []eventra.Seat) (int, error) {
	e, _, err := c.details.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if e.Status == eventra.EventCancelled {
		return 0, eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	if err := c.details.MarkUncopied(ctx, id); err != nil { // should what follows be cut off, the copier counts anew
		return 0, err
	}
	total, err := c.sales.AddSeats(ctx, id, seats)
	if err != nil {
		return 0, err
	}
	// The seats are there; whether their number is shown right at once no
	// longer decides the answer.
	if e, err = c.details.SetSeatsTotal(ctx, id, total, time.Now()); err == nil {
		err = c.written(ctx, e)
	}
	if err != nil {
		c.log.Warn("seats added, their number not shown yet", "event", id, "error", err)
		c.pages.invalidate(ctx, id)
		c.reload(ctx, id)
	}
	return total, nil
}

// written follows every write of a document: caches forget it, the authority
// gets its terms, and whoever sells it learns of them.
func (c *Catalog) written(ctx context.Context, e *eventra.Event) error {
	c.pages.invalidate(ctx, e.ID)
	if err := c.sales.PutTerms(ctx, e); err != nil {
		return err
	}
	if err := c.details.MarkCopied(ctx, e.ID, e.Version); err != nil {
		c.log.Debug("copied, not marked", "event", e.ID, "error", err) // copying again is harmless
	}
	c.reload(ctx, e.ID)
	return nil
}

// reload is a courtesy: the fence keeps a sale by old terms from committing.
func (c *Catalog) reload(ctx context.Context, id eventra.ID) {
	if c.reloader == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	if err := c.reloader.Reload(ctx, id); err != nil {
		c.log.Warn("event not reloaded yet", "event", id, "error", err)
	}
}

func validate(e *eventra.Event) error {
	var f eventra.Faults
	e.Validate(&f, func(name string) bool {
		_, err := time.LoadLocation(name)
		return err == nil
	})
	return f.Err()
}
