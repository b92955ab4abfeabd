package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// sweepPause is the time between looks at the store.
	sweepPause = time.Second
	// sweepAhead is how long before its next hold is due an event is woken, so that
	// its own timer ends the hold in time even after a restart. It is longer than
	// a pause and a load together.
	sweepAhead = 5 * time.Second
	sweepLimit = 1000
	// sweepTimeout bounds one look.
	sweepTimeout = 2 * time.Second
)

// Sweep finds events with holds that are due, or will be soon, and wakes them, until
// ctx ends. It needs no memory of its own, so holds end after any crash.
func Sweep(ctx context.Context, store ExpiryStore, events *Directory, log *slog.Logger) {
	for {
		look, cancel := context.WithTimeout(ctx, sweepTimeout)
		due, err := store.EventsWithHoldsDue(look, sweepAhead, sweepLimit)
		cancel()
		if err != nil && ctx.Err() == nil {
			log.Debug("holds due not read", "error", err)
		}
		for _, event := range due {
			events.Wake(ctx, event)
		}
		if sleep.For(ctx, sweepPause) != nil {
			return
		}
	}
}

// ListenForExpiries passes Redis's announcements on to their events, until ctx ends.
func ListenForExpiries(ctx context.Context, expiries HoldExpiries, events *Directory, log *slog.Logger) {
	heard := func(event, booking eventra.ID) { events.ExpireHold(ctx, event, booking) }
	if err := expiries.Listen(ctx, heard); err != nil && ctx.Err() == nil {
		log.Warn("not listening for expired keys; timers and the sweep go on", "error", err)
	}
}
