package mongo

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Option changes how a DB is opened.
type Option func(*options.ClientOptions)

// Traced makes spans of what traced callers send.
func Traced(o *options.ClientOptions) {
	m := &monitor{}
	o.SetMonitor(&event.CommandMonitor{Started: m.started, Succeeded: m.succeeded, Failed: m.failed})
}

// monitor makes spans. It writes down names of commands, but no documents.
type monitor struct {
	spans sync.Map // by command: trace.Span, until the command ends
}

// command is what an event is about.
type command struct {
	connection string
	request    int64
}

func (m *monitor) started(ctx context.Context, e *event.CommandStartedEvent) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, span := parent.TracerProvider().Tracer("eventra/mongo").Start(ctx, "mongo "+e.CommandName, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "mongodb")))
	m.spans.Store(command{e.ConnectionID, e.RequestID}, span)
}

func (m *monitor) succeeded(_ context.Context, e *event.CommandSucceededEvent) {
	m.end(command{e.ConnectionID, e.RequestID}, codes.Unset)
}

func (m *monitor) failed(_ context.Context, e *event.CommandFailedEvent) {
	m.end(command{e.ConnectionID, e.RequestID}, codes.Error)
}

func (m *monitor) end(c command, code codes.Code) {
	span, ok := m.spans.LoadAndDelete(c)
	if !ok {
		return
	}
	span.(trace.Span).SetStatus(code, "")
	span.(trace.Span).End()
}
