package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Trace makes spans of what traced callers send from now on. It is called before the first use.
func (db *DB) Trace() { db.client.AddHook(traceHook{}) }

// traceHook makes spans. It writes down names of commands, but neither keys nor values.
type traceHook struct{}

// DialHook implements goredis.Hook.
func (traceHook) DialHook(next goredis.DialHook) goredis.DialHook { return next }

// ProcessHook implements goredis.Hook.
func (traceHook) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		parent := trace.SpanFromContext(ctx)
		if !parent.IsRecording() {
			return next(ctx, cmd)
		}
		return spanned(ctx, parent, cmd.FullName(), func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook implements goredis.Hook.
func (traceHook) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		parent := trace.SpanFromContext(ctx)
		if !parent.IsRecording() {
			return next(ctx, cmds)
		}
		return spanned(ctx, parent, "pipeline", func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

func spanned(ctx context.Context, parent trace.Span, name string, next func(context.Context) error) error {
	ctx, span := parent.TracerProvider().Tracer("eventra/redis").Start(ctx, "redis "+name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "redis")))
	defer span.End()
	err := next(ctx)
	if err != nil && !errors.Is(err, goredis.Nil) {
		span.SetStatus(codes.Error, "")
	}
	return err
}
