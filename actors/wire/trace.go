package wire

import "go.opentelemetry.io/otel/trace"

// SetTrace notes the span that a question belongs to.
func (e *Envelope) SetTrace(span trace.SpanContext) {
	id, parent := span.TraceID(), span.SpanID()
	e.Trace = append(id[:], parent[:]...)
}

// SpanContext returns the span that a question belongs to; an invalid one if its sender does not
// trace it.
func (e *Envelope) SpanContext() trace.SpanContext {
	config := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled, Remote: true}
	if len(e.Trace) != len(config.TraceID)+len(config.SpanID) {
		return trace.SpanContext{}
	}
	copy(config.TraceID[:], e.Trace)
	copy(config.SpanID[:], e.Trace[len(config.TraceID):])
	return trace.NewSpanContext(config)
}
