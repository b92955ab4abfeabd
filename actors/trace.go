package actors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// traced is the span of a request at its event's actor, from its arrival to its answer. A request
// that is not traced has none: the methods of a nil one do nothing.
type traced struct {
	tracer trace.Tracer
	caller trace.SpanContext
	began  time.Time
	span   trace.Span
}

// beginAsk begins the span of a question, if its caller is traced; nil if not.
func (d *Directory) beginAsk(ctx context.Context, event eventra.ID) trace.Span {
	if d.tracer == nil || !trace.SpanContextFromContext(ctx).IsSampled() {
		return nil
	}
	_, span := d.tracer.Start(ctx, "ask the event", eventAttribute(event))
	return span
}

func eventAttribute(event eventra.ID) trace.SpanStartEventOption {
	return trace.WithAttributes(attribute.String("eventra.event.id", event.String()))
}

// tracedBy returns what a request needs whose caller has a span.
func (d *Directory) tracedBy(caller trace.Span) *traced {
	if caller == nil {
		return nil
	}
	return &traced{tracer: d.tracer, caller: caller.SpanContext()}
}

// tracedAt returns what a request of another member needs, if that one traces it.
func (a *activation) tracedAt(e *wire.Envelope) *traced {
	caller := e.SpanContext()
	if a.Tracer == nil || !caller.IsValid() {
		return nil
	}
	return &traced{tracer: a.Tracer, caller: caller}
}

// begin begins the span of a command that an event's actor has received.
func (t *traced) begin(event eventra.ID, cmd eventra.Command) {
	if t == nil {
		return
	}
	t.began = time.Now()
	name := strings.TrimPrefix(fmt.Sprintf("%T", cmd), "*eventra.")
	_, t.span = t.tracer.Start(trace.ContextWithSpanContext(context.Background(), t.caller), name, trace.WithTimestamp(t.began), eventAttribute(event))
}

// joined links a request to the batch that carried it out.
func (t *traced) joined(batch trace.SpanContext, began time.Time, contended bool) {
	t.span.AddLink(trace.Link{SpanContext: batch})
	t.span.SetAttributes(attribute.String("eventra.batch.id", batch.SpanID().String()), attribute.Bool("eventra.batch.contended", contended),
		attribute.Float64("eventra.queue_wait_ms", max(0, began.Sub(t.began)).Seconds()*1e3))
}

// trace links the traced requests of a batch to it.
func (b *batch) trace() {
	span, began := b.Traced()
	if !span.IsValid() {
		return
	}
	for i, r := range b.requests {
		if r.traced != nil {
			r.traced.joined(span, began, b.Contended(i))
		}
	}
}

// bookingKey is the attribute by which what concerns a booking is found.
const bookingKey = "eventra.booking.id"

// end ends the span with the outcome of the request.
func (t *traced) end(with *reply) {
	if t == nil {
		return
	}
	if with.booking != nil {
		t.span.SetAttributes(attribute.String(bookingKey, with.booking.ID.String()))
	}
	endSpan(t.span, with.err)
}

// endSpan ends a span, if there is one, with a code. The text of an error may have values of
// clients, so it stays in the log.
func endSpan(span trace.Span, err error) {
	if span == nil {
		return
	}
	if err != nil {
		span.SetAttributes(attribute.String("eventra.code", outcomeCode(err)))
	}
	if err != nil && eventra.Undecided(err) {
		span.SetStatus(codes.Error, outcomeCode(err))
	}
	span.End()
}

func outcomeCode(err error) string {
	switch {
	case errors.Is(err, cluster.ErrMoved):
		return "moved"
	case errors.Is(err, eventra.ErrRefusedByStore):
		return "refused_by_store"
	}
	return string(eventra.CodeOf(err))
}
