//go:build !race

package http

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// A hold and a refusal are what a sale is made of. The bounds leave room for what the test's
// own services allocate, and none for a field that is encoded by reflection.
func TestHold_AllocatesLittle(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	accepted := newHolds(t, io.Discard, nil)
	require.Equal(t, 201, accepted.ask())
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { accepted.ask() }), 22.0)

	accepted.server.traces.tracer = sdktrace.NewTracerProvider().Tracer("") // and the ratio is 0
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { accepted.ask() }), 22.0)

	refused := newHolds(t, io.Discard, seatTaken)
	require.Equal(t, 409, refused.ask())
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { refused.ask() }), 17.0)
}
