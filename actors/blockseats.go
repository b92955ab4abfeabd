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
	return madeBefore(err, func() (*eventra.Blocking, error) { return b.store.Blocking(ctx, event, cmd.BlockingID) })
}

// madeBefore reads what an event refused to make with err: an earlier try of its instance may have
// committed, unheard.
func madeBefore[T any](err error, read func() (*T, error)) (*T, error) {
	if eventra.Undecided(err) {
		return nil, err
	}
	made, storeErr := read()
	switch {
	case storeErr == nil:
		return made, nil
	case eventra.CodeOf(storeErr) == eventra.CodeNotFound && !errors.Is(err, eventra.ErrRefusedByStore):
		return nil, err
	}
	return nil, storeErr
}
