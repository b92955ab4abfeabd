package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// SetBlocked keeps seats of an event off sale, or gives them back. The same command again
// has the first one's outcome, whatever became of the seats since.
func (b *BoxOffice) SetBlocked(ctx context.Context, event eventra.ID, cmd *eventra.SetBlocked) (*eventra.Blocking, error) {
	cmd.By = eventra.NamedActor(ctx)
	r, err := b.events.do(ctx, event, cmd)
	if err == nil {
		return r.blocking, nil
	}
	if eventra.Undecided(err) {
		return nil, err
	}
	// An earlier try of the event's instance may have committed, unheard.
	made, storeErr := b.store.Blocking(ctx, event, cmd.BlockingID)
	switch {
	case storeErr == nil:
		return made, nil
	case eventra.CodeOf(storeErr) == eventra.CodeNotFound && !errors.Is(err, eventra.ErrRefusedByStore):
		return nil, err
	}
	return nil, storeErr
}
