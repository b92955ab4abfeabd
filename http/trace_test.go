package http

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

const traceparentSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestTracing_OfWhatClientsAskForIsBounded: a stranger sets the flag of every request.
func TestTracing_OfWhatClientsAskForIsBounded(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	client := newHolds(t, io.Discard, nil)
	client.server.traces.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("")
	client.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	require.Equal(t, 201, client.ask())
	require.Empty(t, spans.Ended())
	client.traceparent = traceparentSampled
	for range 500 {
		require.Equal(t, 201, client.ask())
	}
	traced := spans.Ended()
	require.GreaterOrEqual(t, len(traced), tracesAskedBurst)
	require.Less(t, len(traced), 100) // the rest is one a second
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", traced[0].SpanContext().TraceID().String())
	require.Equal(t, "POST /api/v1/bookings", traced[0].Name())
}
