package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// exporter is a collector that does what a test wants.
type exporter struct {
	export func(ctx context.Context, spans int) error
	closed bool
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return e.export(ctx, len(spans))
}

func (e *exporter) Shutdown(context.Context) error {
	e.closed = true
	return nil
}

func TestSpanQueue(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for name, test := range map[string]struct {
		export                    func(context.Context, int) error
		ended                     int // spans
		exported, failed, dropped float64
		late                      bool // the collector does not take everything before the end
	}{
		"takes all":                  {func(context.Context, int) error { return nil }, 1500, 1500, 0, 0, false},
		"drops what nobody takes":    {hang, spansWaitingMax + 100, 0, spansPerExport, 100 + spansWaitingMax - spansPerExport, true},
		"counts what is not taken":   {func(context.Context, int) error { return errors.New("away") }, 10, 0, 10, 0, false},
		"has nothing to do at first": {hang, 0, 0, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				collector := &exporter{export: test.export}
				q := newSpanQueue(collector, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
				for range test.ended { // no time passes
					q.OnEnd(tracetest.SpanStub{}.Snapshot())
				}
				ctx, cancel := context.WithTimeout(t.Context(), traceFlushTimeout)
				defer cancel()
				began := time.Now()
				require.Equal(t, test.late, q.Shutdown(ctx) != nil)
				require.LessOrEqual(t, time.Since(began), traceFlushTimeout)
				require.Equal(t, !test.late, collector.closed)
				count := func(outcome string) float64 { return testutil.ToFloat64(q.outcomes.WithLabelValues(outcome)) }
				require.Equal(t, []float64{test.exported, test.failed, test.dropped},
					[]float64{count(spanExported), count(spanFailed), count(spanDropped)})
			})
		})
	}
}

func TestSpanQueue_ExportsOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls []int
		q := newSpanQueue(&exporter{export: func(_ context.Context, spans int) error {
			calls = append(calls, spans)
			return nil
		}}, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		for range 600 {
			q.OnEnd(tracetest.SpanStub{}.Snapshot())
		}
		require.Empty(t, calls)
		<-time.After(exportPause)
		synctest.Wait()
		require.Equal(t, []int{spansPerExport, 600 - spansPerExport}, calls)
		require.NoError(t, q.Shutdown(t.Context()))
	})
}
