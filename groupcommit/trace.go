package groupcommit

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
)

// tracedMax bounds the requests of a batch that its span is linked to.
const tracedMax = 32

// traced is what is traced of a batch: some requests and the transaction that carries them out.
// Without traced requests there are no spans, and no cost but looks at nil.
type traced struct {
	requests []trace.Span
	batch    trace.SpanContext
	began    time.Time // of the span of the transaction
}

// Trace notes the span of a request in the batch.
func (b *Batch) Trace(request trace.Span) {
	if b.traced == nil {
		b.traced = &traced{}
	}
	if len(b.traced.requests) < tracedMax {
		b.traced.requests = append(b.traced.requests, request)
	}
}

// Traced returns the span of the transaction that carried the batch out, and when it began; an
// invalid one if nothing in the batch is traced, or it was not submitted.
func (b *Batch) Traced() (span trace.SpanContext, began time.Time) {
	if b.traced == nil {
		return trace.SpanContext{}, time.Time{}
	}
	return b.traced.batch, b.traced.began
}

func (b *Batch) joinTraced(next *Batch) {
	if next.traced == nil {
		return
	}
	for _, request := range next.traced.requests {
		b.Trace(request)
	}
}

// context is that of the first traced request.
func (t *traced) context() context.Context {
	if t == nil {
		return context.Background()
	}
	return trace.ContextWithSpan(context.Background(), t.requests[0])
}

// traced are the traced requests of merged batches, no more than tracedMax.
func (m merged) traced() (all []trace.Span) {
	for _, b := range m {
		if b.traced != nil {
			all = append(all, b.traced.requests...)
		}
	}
	return all[:min(len(all), tracedMax)]
}

// beginBatch begins the span of a transaction, if a request in it is traced: in the trace of
// the first such request, with links to the others.
func (p *pipeline) beginBatch(m merged) (context.Context, trace.Span) {
	requests := m.traced()
	if len(requests) == 0 {
		return context.Background(), nil
	}
	changes, links := 0, make([]trace.Link, 0, len(requests)-1)
	for _, b := range m {
		changes += b.Len()
	}
	for _, request := range requests[1:] {
		links = append(links, trace.Link{SpanContext: request.SpanContext()})
	}
	began := time.Now()
	ctx, span := p.Tracer.Start(trace.ContextWithSpan(context.Background(), requests[0]), "batch", trace.WithLinks(links...), trace.WithTimestamp(began),
		trace.WithAttributes(attribute.Int("eventra.batch.events", len(m)), attribute.Int("eventra.batch.changes", changes)))
	for _, b := range m {
		if b.traced != nil {
			b.traced.batch, b.traced.began = span.SpanContext(), began
		}
	}
	return ctx, span
}

func endBatch(span trace.Span, m merged, split bool) {
	if span == nil {
		return
	}
	span.SetAttributes(attribute.Bool("eventra.batch.split", split))
	if !split {
		fail(span, m[0].Err)
	}
	span.End()
}

// beginAlone begins the span of the transaction of one batch of several that were split.
func (p *pipeline) beginAlone(ctx context.Context, b *Batch) (context.Context, trace.Span) {
	if b.traced == nil {
		return ctx, nil
	}
	ctx = trace.ContextWithSpanContext(ctx, b.traced.batch)
	return p.Tracer.Start(ctx, "commit alone", trace.WithAttributes(attribute.Int("eventra.batch.changes", b.Len())))
}

// beginTell begins the span of a release that is told alone, if a batch of it was traced.
func (r *releases) beginTell(ctx context.Context, told *release) (context.Context, trace.Span) {
	if !told.batch.IsValid() {
		return ctx, nil
	}
	return r.tracer.Start(trace.ContextWithSpanContext(ctx, told.batch), "release")
}

// beginStep begins the span of a step of a traced transaction.
func (p *pipeline) beginStep(ctx context.Context, name string) (context.Context, trace.Span) {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ctx, nil
	}
	return p.Tracer.Start(ctx, name)
}

func endStep(span trace.Span, err error) {
	if span == nil {
		return
	}
	fail(span, err)
	span.End()
}

// fail says what kind of error ended a span. The text may have values of clients, so it stays in
// the log.
func fail(span trace.Span, err error) {
	if err == nil {
		return
	}
	kind := "other"
	for name, known := range outcomes {
		if errors.Is(err, known) {
			kind = name
		}
	}
	span.SetStatus(codes.Error, kind)
}

var outcomes = map[string]error{
	"stale_epoch": eventra.ErrStaleEpoch, "diverged": eventra.ErrDiverged, "not_committed": eventra.ErrNotCommitted,
	"outcome_unknown": eventra.ErrOutcomeUnknown, "split": eventra.ErrSplitBatch,
}
