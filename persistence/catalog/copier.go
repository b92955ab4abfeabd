package catalog

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

const (
	// copyPause is the time between two searches for terms that are not copied.
	copyPause = 3 * time.Second
	copyLimit = 100
	// refoldLimit is how many events are made searchable at a time: a second's work.
	refoldLimit = 100
	// copyAge leaves fresh writes to the process that made them.
	copyAge = 2 * time.Second
	// invalidatePause is the time between two attempts to invalidate outdated scopes.
	invalidatePause = time.Second
)

// RunCopier completes unfinished writes until ctx ends: it copies terms that
// PostgreSQL does not have, makes events of earlier releases searchable, which may
// still be running beside this one, and invalidates outdated scopes of the shared
// cache.
func (c *Catalog) RunCopier(ctx context.Context) {
	copying, invalidating := time.NewTicker(copyPause), time.NewTicker(invalidatePause)
	defer copying.Stop()
	defer invalidating.Stop()
	marked := c.markStale(ctx)
	c.refold(ctx)
	for c.copyMissing(ctx); ; {
		select {
		case <-ctx.Done():
			return
		case <-copying.C:
			marked = marked || c.markStale(ctx)
			c.refold(ctx)
			c.copyMissing(ctx)
		case <-invalidating.C:
			c.pages.invalidateOutdated(ctx)
		}
	}
}

// markStale is done once by each process: a new release may copy more terms than
// the one before.
func (c *Catalog) markStale(ctx context.Context) (done bool) {
	err := c.details.MarkStale(ctx)
	if err != nil {
		c.log.Debug("terms of earlier releases not marked", "error", err)
	}
	return err == nil
}

// refold works on until it has found all events of earlier releases.
func (c *Catalog) refold(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := c.details.Refold(ctx, refoldLimit)
		if err != nil {
			c.log.Debug("events of earlier releases not made searchable", "error", err)
		}
		if err != nil || found < refoldLimit {
			return
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
			c.log.Warn("terms not copied yet", "eventId", e.ID, "error", err)
		}
	}
}

// copyOne also corrects the number of seats, which PostgreSQL counts.
func (c *Catalog) copyOne(ctx context.Context, e *eventra.Event) error {
	total, err := c.seatsTotal(ctx, e.ID)
	if err != nil {
		return err
	}
	if total != e.SeatsTotal {
		return c.recountSeats(ctx, e.ID)
	}
	return c.written(ctx, e)
}
