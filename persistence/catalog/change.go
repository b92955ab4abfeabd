package catalog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/eventra/eventra"
)

const (
	// updateTries bounds how often a change is retried because another one came in
	// between.
	updateTries = 5
	// reloadTimeout bounds the wait for the event's actor.
	reloadTimeout = 3 * time.Second
)

// Update lets change edit a copy of the event, and stores it as the next version.
// CodePreconditionFailed if ifVersion is not 0 and another version is stored.
func (c *Catalog) Update(ctx context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error) {
	return c.replace(ctx, id, ifVersion, eventra.AuditEventUpdate, func(old, e *eventra.Event, _ bool) error {
		if err := change(e); err != nil {
			return err
		}
		e.ID, e.Status, e.SeatsTotal, e.CreatedAt = old.ID, old.Status, old.SeatsTotal, old.CreatedAt
		e.EverPublished, e.Cancellation, e.Rescheduling = old.EverPublished, old.Cancellation, old.Rescheduling
		if err := e.CheckChange(old); err != nil {
			return err
		}
		return validate(e)
	})
}

// Publish puts a draft on sale. If the event is published already and its terms are not
// copied yet, Publish copies them.
func (c *Catalog) Publish(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	return c.transition(ctx, id, eventra.EventPublished, eventra.AuditEventPublish, func(*eventra.Event) {})
}

// PublishAgain retries a publication whose first outcome the caller never received. If
// the event is published, or was, it returns the event as it is by now.
func (c *Catalog) PublishAgain(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	return c.again(ctx, id, eventra.EventPublished, func() (*eventra.Event, error) { return c.Publish(ctx, id) })
}

// Cancel ends an event for good. If the event is cancelled already and its terms are not
// copied yet, Cancel copies them.
func (c *Catalog) Cancel(ctx context.Context, id eventra.ID, reason string) (*eventra.Event, error) {
	order := eventra.CancelOrder{At: time.Now(), Reason: reason}
	var faults eventra.Faults
	order.Validate(&faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return c.transition(ctx, id, eventra.EventCancelled, eventra.AuditEventCancel, func(e *eventra.Event) {
		if e.Cancellation == nil {
			e.Cancellation = &order
		}
	})
}

// CancelAgain retries a cancellation whose first outcome the caller never received. If the
// event is cancelled, it returns the event as it is by now.
func (c *Catalog) CancelAgain(ctx context.Context, id eventra.ID, reason string) (*eventra.Event, error) {
	return c.again(ctx, id, eventra.EventCancelled, func() (*eventra.Event, error) { return c.Cancel(ctx, id, reason) })
}

func (c *Catalog) transition(
	ctx context.Context, id eventra.ID, to eventra.EventStatus, action eventra.AuditAction, note func(*eventra.Event),
) (*eventra.Event, error) {
	return c.replace(ctx, id, 0, action, func(old, e *eventra.Event, copied bool) error {
		if old.Status == to && !copied {
			note(e)
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
		e.Become(to)
		note(e)
		e.SeatsTotal = total
		return nil
	})
}

func (c *Catalog) again(ctx context.Context, id eventra.ID, to eventra.EventStatus, first func() (*eventra.Event, error)) (*eventra.Event, error) {
	e, copied, err := c.details.Get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !e.HasBeen(to):
		return first()
	case !copied:
		err = c.written(ctx, e)
	}
	return e, err
}

// seatsTotal returns 0 for an event that PostgreSQL does not know yet.
func (c *Catalog) seatsTotal(ctx context.Context, id eventra.ID) (int, error) {
	total, err := c.sales.SeatsTotal(ctx, id)
	if eventra.CodeOf(err) == eventra.CodeEventNotFound {
		return 0, nil
	}
	return total, err
}

// replace reads the event, lets edit change a copy, and stores it as the next
// version, with an entry of the audit log if there is an action. It starts again if another change was stored meanwhile.
func (c *Catalog) replace(
	ctx context.Context, id eventra.ID, ifVersion int64, action eventra.AuditAction, edit func(old, e *eventra.Event, copied bool) error,
) (*eventra.Event, error) {
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
		if err := audit(ctx, action, old, e); err != nil {
			return nil, err
		}
		conflict = c.details.Replace(ctx, e)
		switch eventra.CodeOf(conflict) {
		case "":
			return c.stored(ctx, e)
		case eventra.CodePreconditionFailed:
		default:
			c.pages.invalidate(ctx, id) // MongoDB may have stored it all the same
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

// stored completes a write and returns the event as it is read from now on, so that
// each version has one representation.
func (c *Catalog) stored(ctx context.Context, e *eventra.Event) (*eventra.Event, error) {
	if err := c.written(ctx, e); err != nil {
		return nil, err
	}
	if read, _, err := c.details.Get(ctx, e.ID); err == nil && read.Version == e.Version {
		return read, nil
	}
	return e, nil
}

// Delete removes an event that was never booked, CodeEventHasBookings otherwise.
func (c *Catalog) Delete(ctx context.Context, id eventra.ID) error {
	e, copied, err := c.details.Get(ctx, id)
	if err != nil {
		return err
	}
	if !copied { // the audit log tells what is deleted
		if err := c.sales.PutTerms(ctx, e); err != nil {
			return err
		}
	}
	if err := c.sales.DeleteEvent(ctx, id); err != nil {
		return err
	}
	err = c.details.Delete(ctx, id)
	c.pages.invalidate(ctx, id)
	c.reload(ctx, id)
	return err
}

// AddSeats adds all seats or none and returns the event's new total. categories are the
// names of their categories, by seat; one that is empty follows from the seat's price. The
// same addition again has the first one's total.
func (c *Catalog) AddSeats(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories ...string) (int, error) {
	return c.AddFloors(ctx, id, addition, seats, categories, nil)
}

// AddFloors adds general-admission sections besides seats.
func (c *Catalog) AddFloors(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor) (int, error) {
	e, copied, err := c.details.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if e.Status == eventra.EventCancelled {
		return c.addedBefore(ctx, id, addition)
	}
	if !copied { // PostgreSQL may not know the event at all
		if err := c.sales.PutTerms(ctx, e); err != nil {
			return 0, err
		}
	}
	if err := c.details.MarkUncopied(ctx, id); err != nil { // if this process ends now, the copier counts again
		return 0, err
	}
	total, err := c.sales.AddFloors(ctx, id, addition, seats, categories, floors)
	if err != nil {
		return 0, err
	}
	c.showSeats(ctx, id)
	return total, nil
}

// ChangeFloor changes the capacity of a general-admission section, and how many of its places
// are blocked; nil leaves them. CodeNotFound if there is none; CodeCapacityBelowTaken.
func (c *Catalog) ChangeFloor(ctx context.Context, id eventra.ID, name string, capacity, blocked *int) (f eventra.StoredFloor, err error) {
	e, _, err := c.details.Get(ctx, id)
	if err != nil {
		return f, err
	}
	if e.Status == eventra.EventCancelled {
		return f, eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	if err := c.details.MarkUncopied(ctx, id); err != nil { // the copier counts the places, too
		return f, err
	}
	f, err = c.sales.ChangeFloor(ctx, id, name, capacity, blocked)
	if err != nil {
		return f, err
	}
	if err := c.recountSeats(ctx, id); err != nil {
		c.log.Warn("section changed, the number of places not shown yet", "eventId", id, "error", err)
		c.reload(ctx, id)
	}
	return f, nil
}

// RemoveSeats removes all of the named seats or none and returns the event's new total. The
// same removal again has the first one's total.
func (c *Catalog) RemoveSeats(ctx context.Context, id, removal eventra.ID, seats []string) (int, error) {
	e, _, err := c.details.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if e.Status == eventra.EventCancelled {
		return c.addedBefore(ctx, id, removal)
	}
	if err := c.details.MarkUncopied(ctx, id); err != nil { // if this process ends now, the copier counts again
		return 0, err
	}
	total, err := c.sales.RemoveSeats(ctx, id, removal, seats)
	if err != nil {
		return 0, err
	}
	c.showSeats(ctx, id)
	return total, nil
}

// showSeats follows a change of the event's seats. That was made, so the call succeeds even if
// their number is not shown yet: the copier counts them then.
func (c *Catalog) showSeats(ctx context.Context, id eventra.ID) {
	err := c.recountSeats(ctx, id)
	if err == nil {
		return
	}
	if uncopied := c.details.MarkUncopied(ctx, id); uncopied != nil { // others may have marked it as copied since
		err = errors.Join(err, uncopied)
	}
	c.log.Warn("seats changed, their number not shown yet", "eventId", id, "error", err)
	c.pages.invalidate(ctx, id)
	c.reload(ctx, id)
}

// recountSeats shows the number of seats that PostgreSQL has. It reads it after the document that it
// replaces, so that of two counts the later one stays.
func (c *Catalog) recountSeats(ctx context.Context, id eventra.ID) error {
	_, err := c.replace(ctx, id, 0, "", func(_, e *eventra.Event, _ bool) (err error) {
		e.SeatsTotal, err = c.seatsTotal(ctx, id)
		return err
	})
	return err
}

// addedBefore answers an addition to, or a removal from, a cancelled event, which may have been made before.
func (c *Catalog) addedBefore(ctx context.Context, id, addition eventra.ID) (int, error) {
	total, made, err := c.sales.SeatsAdded(ctx, id, addition)
	if err == nil && !made {
		err = eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	return total, err
}

// written follows every write of a document: it invalidates the caches, copies the
// terms to PostgreSQL, and reloads the event's actor.
func (c *Catalog) written(ctx context.Context, e *eventra.Event) error {
	c.pages.invalidate(ctx, e.ID)
	if err := c.sales.PutTerms(ctx, e); err != nil {
		return err
	}
	e.Audit = nil
	if err := c.details.MarkCopied(ctx, e.ID, e.Version); err != nil {
		c.log.Debug("terms copied, event not marked", "eventId", e.ID, "error", err) // copying again is harmless
	}
	c.reload(ctx, e.ID)
	return nil
}

// reload may fail: the fence rejects commits by old terms.
func (c *Catalog) reload(ctx context.Context, id eventra.ID) {
	if c.reloader == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	if err := c.reloader.Reload(ctx, id); err != nil {
		c.log.Warn("event not reloaded yet", "eventId", id, "error", err)
	}
}
