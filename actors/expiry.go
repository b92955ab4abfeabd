package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// sweepPause parts looks at the store. sweepAhead wakes an event before
	// its next hold is due, so that the event's own timer ends it in time even
	// after a restart; it is longer than the pause and a load together.
	sweepPause = time.Second
	sweepAhead = 5 * time.Second
	sweepLimit = 1000
	// sweepTimeout bounds one look.
	sweepTimeout = 2 * time.Second
)

// Sweep finds events with holds that are due, or soon will be, and makes sure
// that somebody keeps their time. It is the line that needs no memory: it
// works after any crash.
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

// ListenForExpiries passes on what Redis announces, until ctx ends.
func ListenForExpiries(ctx context.Context, expiries HoldExpiries, events *Directory, log *slog.Logger) {
	heard := func(event, booking eventra.ID) { events.ExpireHold(ctx, event, booking) }
	if err := expiries.Listen(ctx, heard); err != nil && ctx.Err() == nil {
		log.Warn("not listening for expired keys; timers and the sweeper go on", "error", err)
	}
}
