package cluster

import (
	"context"
	"log/slog"
)

// libraryLog lowers the library's log records by one level: it reports every
// peer that goes as an error.
func libraryLog(log *slog.Logger) *slog.Logger { return slog.New(lowered{log.Handler()}) }

type lowered struct{ slog.Handler }

const levelStep = slog.LevelError - slog.LevelWarn

func (h lowered) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, level-levelStep)
}

func (h lowered) Handle(ctx context.Context, r slog.Record) error {
	r.Level -= levelStep
	return h.Handler.Handle(ctx, r)
}

func (h lowered) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lowered{h.Handler.WithAttrs(attrs)}
}

func (h lowered) WithGroup(name string) slog.Handler { return lowered{h.Handler.WithGroup(name)} }
