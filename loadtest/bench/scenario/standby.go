package scenario

import (
	"context"
	"errors"
	"fmt"
)

// standby compares holds whose commits wait for a synchronous standby on the same machine
// with holds without one.
func standby(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() (err error) {
		replica, err := b.OpenStandby(ctx)
		if err != nil {
			return err
		}
		// The rest of the run has what the stack was made with.
		defer func() {
			ctx := context.WithoutCancel(ctx)
			err = errors.Join(err, replica.Attach(ctx), replica.Close(ctx))
		}()
		for _, connections := range b.Connections {
			alone, replicated := b.holds("without", b.System.Eventra, connections, 1), b.holds("with a standby", b.System.Eventra, connections, 1)
			if err := b.compareWith(ctx, fmt.Sprintf("%d connections", connections),
				alone.after(replica.Detach), replicated.after(replica.Attach)); err != nil {
				return err
			}
		}
		return nil
	})
}

// after returns the variant with something to do before it is prepared.
func (v variant) after(first func(context.Context) error) variant {
	prepare := v.prepare
	v.prepare = func(ctx context.Context) (measurement, error) {
		if err := first(ctx); err != nil {
			return nil, err
		}
		return prepare(ctx)
	}
	return v
}
