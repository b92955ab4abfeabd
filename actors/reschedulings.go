package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/eventra/eventra/sleep"
)

const (
	// reschedulingPause is the time between looks for reschedulings that found none.
	reschedulingPause = time.Second
	// noticesInWave mails are written at once, and then none for noticesRest times as
	// long as that took.
	noticesInWave, noticesRest = 500, 3
	// reschedulingTimeout bounds one wave.
	reschedulingTimeout = 5 * time.Second
)

// ReschedulingStore writes mails about events that were moved.
type ReschedulingStore interface {
	// TellRescheduled writes up to limit mails, and reports whether there may be more.
	TellRescheduled(ctx context.Context, limit int) (more bool, err error)
}

// TellRescheduled tells those who have tickets for events that were moved, until ctx ends.
// The mailer sends what it writes.
func TellRescheduled(ctx context.Context, store ReschedulingStore, log *slog.Logger) {
	for {
		began := time.Now()
		wave, cancel := context.WithTimeout(ctx, reschedulingTimeout)
		more, err := store.TellRescheduled(wave, noticesInWave)
		cancel()
		if err != nil && ctx.Err() == nil {
			log.Debug("mails about moved events not written", "error", err)
		}
		pause := reschedulingPause
		if more {
			pause = noticesRest * time.Since(began)
		}
		if sleep.For(ctx, pause) != nil {
			return
		}
	}
}
