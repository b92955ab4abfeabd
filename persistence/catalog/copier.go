package catalog

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

const (
	// copyPause parts looks for documents whose terms the authority lacks.
	copyPause = 3 * time.Second
	copyLimit = 100
	// copyAge leaves fresh writes to whoever made them.
	copyAge = 2 * time.Second
	// forgetPause is how soon the shared cache hears of writes that it missed.
	forgetPause = time.Second
)

// RunCopier makes up, until ctx ends, for what writes left undone: terms that
// the authority does not have, pages that the shared cache should have forgotten.
func (c *Catalog) RunCopier(ctx context.Context) {
	copying, forgetting := time.NewTicker(copyPause), time.NewTicker(forgetPause)
	defer copying.Stop()
	defer forgetting.Stop()
	for c.copyMissing(ctx); ; {
		select {
		case <-ctx.Done():
			return
		case <-copying.C:
			c.copyMissing(ctx)
		case <-forgetting.C:
			c.pages.forgetOwed(ctx)
		}
	}
}

func (c *Catalog) copyMissing(ctx context.Context) {
	uncopied, err := c.details.Uncopied(ctx, copyLimit)
	if err != nil {
		c.log.Debug("uncopied events not read", "error", err)
		return
	}
	for _, e := range uncopied {
		if time.Since(e.UpdatedAt) < copyAge {
			continue
		}
		if err := c.copyOne(ctx, e); err != nil {
			c.log.Warn("terms not copied yet", "event", e.ID, "error", err)
		}
	}
}

// copyOne also sets the number of seats right, which is the authority's.
func (c *Catalog) copyOne(ctx context.Context, e *eventra.Event) error {
	total, err := c.seatsTotal(ctx, e.ID)
	if err != nil {
		return err
	}
	if total > e.SeatsTotal {
		if e, err = c.details.SetSeatsTotal(ctx, e.ID, total, time.Now()); err != nil {
			return err
		}
	}
	return c.written(ctx, e)
}
