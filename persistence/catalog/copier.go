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
)

// RunCopier copies terms that were written and not copied, until ctx ends.
func (c *Catalog) RunCopier(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		c.copyMissing(ctx)
		timer.Reset(copyPause)
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

func (c *Catalog) copyOne(ctx context.Context, e *eventra.Event) error {
	total, err := c.sales.SeatsTotal(ctx, e.ID)
	if err != nil && eventra.CodeOf(err) != eventra.CodeEventNotFound {
		return err
	}
	if total > e.SeatsTotal {
		if e, err = c.details.SetSeatsTotal(ctx, e.ID, total, time.Now()); err != nil {
			return err
		}
	}
	return c.written(ctx, e)
}
