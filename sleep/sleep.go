// Package sleep sleeps until a context ends.
package sleep

import (
	"context"
	"time"
)

// For returns nil after d, or ctx.Err() as soon as ctx has ended, also if it had
// ended before.
func For(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
