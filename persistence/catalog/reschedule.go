package catalog

import (
	"context"

	"github.com/eventra/eventra"
)

// Reschedule lets move change when and where a published event takes place. The same
// rescheduling again finds the event as it is by now. Everybody who has tickets is told:
// see [Sales.PutTerms].
func (c *Catalog) Reschedule(
	ctx context.Context, id eventra.ID, r eventra.Rescheduling, move func(*eventra.Event) error,
) (*eventra.Event, error) {
	e, copied, err := c.details.Get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case e.Rescheduling != nil && e.Rescheduling.ID == r.ID:
		if !copied {
			err = c.written(ctx, e)
		}
		return e, err
	}
	if made, err := c.sales.Rescheduled(ctx, r.ID); made || err != nil {
		return e, err // a later one has followed it
	}
	return c.replace(ctx, id, 0, eventra.AuditEventReschedule, func(old, e *eventra.Event, copied bool) error {
		if !copied { // an earlier rescheduling is told first
			if err := c.sales.PutTerms(ctx, old); err != nil {
				return err
			}
		}
		if err := move(e); err != nil {
			return err
		}
		return e.Reschedule(old, r)
	})
}
