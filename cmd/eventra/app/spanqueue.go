package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// spansWaitingMax bounds the spans that wait for the collector; more are dropped. A span has a
	// few KiB at most.
	spansWaitingMax = 4096
	// spansPerExport and exportPause bound what one call of the collector carries.
	spansPerExport = 512
	exportPause    = time.Second
)

// spanQueue hands ended spans to a collector. Whoever ends a span never waits: while the collector
// is away or slow, spans are dropped and counted.
type spanQueue struct {
	exporter sdktrace.SpanExporter
	log      *slog.Logger
	waiting  chan sdktrace.ReadOnlySpan
	outcomes *prometheus.CounterVec
	away     bool // the collector did not take the last spans

	end     sync.Once
	ended   chan struct{}
	done    chan struct{}
	giveUp  context.CancelFunc
	exports context.Context
}

// The outcomes of a span.
const (
	spanExported = "exported"
	spanFailed   = "failed"
	spanDropped  = "dropped"
)

func newSpanQueue(exporter sdktrace.SpanExporter, metrics prometheus.Registerer, log *slog.Logger) *spanQueue {
	q := &spanQueue{exporter: exporter, log: log, waiting: make(chan sdktrace.ReadOnlySpan, spansWaitingMax),
		ended: make(chan struct{}), done: make(chan struct{}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eventra_trace_spans_total",
			Help: "Spans by what became of them: exported to the collector, failed there, or dropped because too many waited."}, []string{"outcome"})}
	for _, outcome := range []string{spanExported, spanFailed, spanDropped} {
		q.outcomes.WithLabelValues(outcome)
	}
	metrics.MustRegister(q.outcomes)
	q.exports, q.giveUp = context.WithCancel(context.Background())
	go q.run()
	return q
}

// OnStart implements sdktrace.SpanProcessor.
func (q *spanQueue) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements sdktrace.SpanProcessor.
func (q *spanQueue) OnEnd(span sdktrace.ReadOnlySpan) {
	select {
	case q.waiting <- span:
	default:
		q.outcomes.WithLabelValues(spanDropped).Inc()
	}
}

// ForceFlush implements sdktrace.SpanProcessor. Nobody waits for spans but [spanQueue.Shutdown].
func (q *spanQueue) ForceFlush(context.Context) error { return nil }

// Shutdown implements sdktrace.SpanProcessor: what waits is exported until ctx ends.
func (q *spanQueue) Shutdown(ctx context.Context) error {
	q.end.Do(func() { close(q.ended) })
	stop := context.AfterFunc(ctx, q.giveUp)
	defer stop()
	<-q.done // soon after giveUp
	q.giveUp()
	if err := ctx.Err(); err != nil {
		return err
	}
	return q.exporter.Shutdown(ctx)
}

func (q *spanQueue) run() {
	defer close(q.done)
	ticker := time.NewTicker(exportPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			q.exportWaiting()
		case <-q.ended:
			q.exportWaiting()
			q.outcomes.WithLabelValues(spanDropped).Add(float64(len(q.waiting)))
			return
		}
	}
}

// exportWaiting exports what waits now, in as many calls as it needs.
func (q *spanQueue) exportWaiting() {
	for left := len(q.waiting); left > 0 && q.exports.Err() == nil; {
		spans := make([]sdktrace.ReadOnlySpan, min(left, spansPerExport))
		for i := range spans {
			spans[i] = <-q.waiting
		}
		left -= len(spans)
		q.export(spans)
	}
}

func (q *spanQueue) export(spans []sdktrace.ReadOnlySpan) {
	ctx, cancel := context.WithTimeout(q.exports, exportTimeout)
	defer cancel()
	err := q.exporter.ExportSpans(ctx, spans)
	outcome := spanExported
	if err != nil {
		outcome = spanFailed
	}
	q.outcomes.WithLabelValues(outcome).Add(float64(len(spans)))
	if away := err != nil; away != q.away {
		q.away = away
		q.log.Warn("the collector of traces", "away", away, "error", err)
	}
}
