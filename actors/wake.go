package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// Wake loads an event if it belongs to this instance, so that its hold timer
// runs. Other instances wake theirs.
func (d *Directory) Wake(ctx context.Context, event eventra.ID) {
	d.tellOwn(ctx, event, &wake{})
}

// ExpireHold asks an event that belongs to this instance whether a hold has
// expired. Every instance hears of every hold; others ask about theirs.
func (d *Directory) ExpireHold(ctx context.Context, event, booking eventra.ID) {
	d.tellOwn(ctx, event, &holdsDue{[]eventra.ID{booking}})
}

func (d *Directory) tellOwn(ctx context.Context, event eventra.ID, msg any) {
	incarnation := d.node.Incarnation()
	if incarnation == nil || !incarnation.Owns(event) {
		return
	}
	if pid, err := incarnation.Locate(ctx, event); err == nil && incarnation.Local(pid) {
		incarnation.Root().Send(pid, msg)
	}
}

const (
	wakesMax = 4
	// wakeTimeout gives all members time to converge on the next owner, and the
	// owner time to begin to load.
	wakeTimeout = time.Second
)

// wakeNextOwner makes the next owner of an event load it at once, rather than at
// the first question. If that fails, the first question or the sweep does it.
func (d *Directory) wakeNextOwner(event eventra.ID) {
	ctx, cancel := context.WithTimeout(context.Background(), wakeTimeout)
	defer cancel()
	select {
	case d.wakes <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-d.wakes }()
	_, _ = askUntilAnswered(ctx, func(time.Duration) (*reply, error) {
		_, _, err := d.locate(ctx, event)
		return &reply{}, err
	})
}
