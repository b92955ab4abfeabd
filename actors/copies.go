package actors

import (
	"context"
	"strconv"

	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
)

// copies makes the first copies of other members' events: at any time one of each event,
// for all who wait for it. It takes as long as all of the seats do, from the owner and
// from the store.
type copies struct {
	events  singleflight.Group
	layouts singleflight.Group
}

// make waits for one run of f, which makes the copy. A reader asks for the changes since
// in any case, and so learns what went wrong.
func (c *copies) make(ctx context.Context, event eventra.ID, f func(context.Context, eventra.ID) error) {
	_, _ = wait(ctx, &c.events, event.String(), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f(ctx, event)
	})
}

// layout reads so many seats of an event from the store, as they are from a version of its
// layout on.
func (c *copies) layout(ctx context.Context, store EventStore, event eventra.ID, seats int, version uint64) (*eventra.Layout, error) {
	name := event.String() + " " + strconv.Itoa(seats) + " " + strconv.FormatUint(version, 10)
	return wait(ctx, &c.layouts, name, func(ctx context.Context) (*eventra.Layout, error) {
		return store.Layout(ctx, event, seats)
	})
}

// wait shares one run of f among all who ask for it under a name, until the caller's ctx
// ends.
func wait[T any](ctx context.Context, group *singleflight.Group, name string, f func(context.Context) (T, error)) (result T, err error) {
	running := group.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return f(ctx)
	})
	select {
	case done := <-running:
		result, _ = done.Val.(T)
		return result, done.Err
	case <-ctx.Done():
		return result, eventra.Unavailable("the event", ctx.Err())
	}
}
