package actors

import (
	"context"
	"math/rand/v2"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
)

// beginMail begins the trace of a mail, if it is to have one. It is a trace of its own: any instance
// sends the mail, at any time. The booking's id leads to it.
func (m *mailer) beginMail(ctx context.Context, ref eventra.MailRef) (context.Context, trace.Span) {
	if m.Tracer == nil || rand.Float64() >= m.TraceRatio { //nolint:gosec // no secret
		return ctx, nil
	}
	subject, id := ref.Subject()
	key := "eventra.mail.id"
	if subject == "bookingId" {
		key = bookingKey
	}
	return m.Tracer.Start(ctx, "mail", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String(key, id.String()), attribute.String("eventra.mail.kind", string(ref.Kind))))
}

// beginSMTP begins the span of the hand-over to the mail server.
func beginSMTP(ctx context.Context, tracer trace.Tracer) trace.Span {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return nil
	}
	_, span := tracer.Start(ctx, "smtp send", trace.WithSpanKind(trace.SpanKindClient))
	return span
}
