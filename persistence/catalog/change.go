package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/eventra/eventra"
)

const (
	// updateTries bounds how often a change is made anew because another one
	// came in between.
	updateTries = 5
	// reloadTimeout bounds the wait for the event's actor.
	reloadTimeout = 3 * time.Second
)

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
		total, err := c.seatsTotal(ctx, id)
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

// seatsTotal counts none for an event that the authority does not know yet.
func (c *Catalog) seatsTotal(ctx context.Context, id eventra.ID) (int, error) {
	total, err := c.sales.SeatsTotal(ctx, id)
	if eventra.CodeOf(err) == eventra.CodeEventNotFound {
		return 0, nil
	}
	return total, err
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
		e := clone(old)
		if err := edit(old, e, copied); err != nil {
			return nil, err
		}
		e.Version, e.UpdatedAt = old.Version+1, time.Now()
		conflict = c.details.Replace(ctx, e)
		switch eventra.CodeOf(conflict) {
		case "":
			return c.stored(ctx, e)
		case eventra.CodePreconditionFailed:
		default:
			c.pages.forget(ctx, id) // it may have been written all the same
			return nil, conflict
		}
	}
	return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "the event is being changed by others", Err: conflict}
}

func clone(old *eventra.Event) *eventra.Event {
	e := *old
	e.Tags, e.Attributes = slices.Clone(old.Tags), slices.Clone(old.Attributes)
	e.SaleStartsAt, e.SaleEndsAt = cloneTime(old.SaleStartsAt), cloneTime(old.SaleEndsAt)
	return &e
}

func cloneTime(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	copied := *t
	return &copied
}

// stored returns what was just written as everybody will read it: of one
// version there is one representation.
func (c *Catalog) stored(ctx context.Context, e *eventra.Event) (*eventra.Event, error) {
	if err := c.written(ctx, e); err != nil {
		return nil, err
	}
	if read, _, err := c.details.Get(ctx, e.ID); err == nil && read.Version == e.Version {
		return read, nil
	}
	return e, nil
}

// Delete removes an event that nobody ever booked.
func (c *Catalog) Delete(ctx context.Context, id eventra.ID) error {
	if _, _, err := c.details.Get(ctx, id); err != nil {
		return err
	}
	if err := c.sales.DeleteEvent(ctx, id); err != nil {
		return err
	}
	err := c.details.Delete(ctx, id)
	c.pages.forget(ctx, id)
	c.reload(ctx, id)
	return err
}

// AddSeats adds all seats or none and returns the event's new total.
func (c *Catalog) AddSeats(ctx context.Context, id eventra.ID, seats []eventra.Seat) (int, error) {
	e, copied, err := c.details.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if e.Status == eventra.EventCancelled {
		return 0, eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	if !copied { // the authority may not know the event at all
		if err := c.sales.PutTerms(ctx, e); err != nil {
			return 0, err
		}
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
		c.pages.forget(ctx, id)
		c.reload(ctx, id)
	}
	return total, nil
}

// written follows every write of a document: caches forget it, the authority
// gets its terms, and whoever sells it learns of them.
func (c *Catalog) written(ctx context.Context, e *eventra.Event) error {
	c.pages.forget(ctx, e.ID)
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
