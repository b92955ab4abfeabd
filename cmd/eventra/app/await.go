package app

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/sleep"
)

const (
	awaitPause = time.Second
	// awaitReminder is the pause between log lines about the same wait.
	awaitReminder = time.Minute
)

// await repeats a step until it succeeds, as long as its error passes with time and the
// step allows it.
func await(ctx context.Context, waits func(error), step func() (again bool, err error)) error {
	for {
		again, err := step()
		if err == nil || !again || !passes(err) || ctx.Err() != nil {
			return err
		}
		waits(err)
		_ = sleep.For(ctx, awaitPause)
	}
}

// passes reports whether an operator ends an error without a restart of this program:
// PostgreSQL is away, or its schema has yet to be migrated.
func passes(err error) bool {
	_, behind := errors.AsType[*postgres.SchemaBehindError](err)
	return behind || eventra.CodeOf(err) == eventra.CodeUnavailable && !postgres.Refused(err)
}

// await is the await of a start: it waits for as long as ctx lasts, and says for what.
func (a *App) await(ctx context.Context, step func(context.Context) error) error {
	said, saidAt := "", time.Time{}
	return await(ctx, func(err error) {
		what := "PostgreSQL does not answer"
		if behind, ok := errors.AsType[*postgres.SchemaBehindError](err); ok {
			what = behind.Error()
		}
		a.server.Waits(what)
		if what != said || time.Since(saidAt) > awaitReminder {
			a.log.Warn("the start waits: "+what, "error", err)
			said, saidAt = what, time.Now()
		}
	}, func() (bool, error) { return true, step(ctx) })
}
