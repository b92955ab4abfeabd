package actors

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
)

// Metrics are the actors' metrics, and those of the batches that they commit.
type Metrics struct {
	batchChanges   prometheus.Histogram
	batchEvents    prometheus.Histogram
	commitSeconds  prometheus.Histogram
	expiryLateness prometheus.Histogram
	outcomes       *prometheus.CounterVec
	activations    prometheus.Counter
	locksSkipped   prometheus.Counter
	contended      prometheus.Counter
	queueFull      prometheus.Counter
	contradictory  prometheus.Counter
}

// NewMetrics registers the actors' metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		batchChanges: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eventra_batch_changes", Help: "Changes in one transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10)}),
		batchEvents: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eventra_batch_events", Help: "Events with changes in one transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10)}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eventra_commit_seconds", Help: "Time from sending a transaction to its outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
		expiryLateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eventra_expiry_lateness_seconds", Help: "Time from a hold's deadline until its seats are free.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "eventra_batch_outcomes_total", Help: "Transactions by their outcome."}, []string{"outcome"}),
		activations: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "eventra_activations_total", Help: "Epochs taken by event actors."}),
		locksSkipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "eventra_locks_skipped_total", Help: "Transactions without Redis locks, because Redis was away."}),
	}
	m.contended = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eventra_contended_changes_total", Help: "Changes that met the lock of another booking."})
	m.queueFull = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eventra_event_queue_refusals_total", Help: "Requests that were refused because too many wait for their event."})
	m.contradictory = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eventra_contradictory_events_total", Help: "Loads of events that failed although the store answered: what it has of their seats contradicts itself."})
	for _, outcome := range outcomeNames {
		m.outcomes.WithLabelValues(outcome) // counted from zero, so that the first one is seen as an increase
	}
	r.MustRegister(m.queueFull, m.contradictory)
	r.MustRegister(m.batchChanges, m.batchEvents, m.commitSeconds, m.expiryLateness, m.outcomes, m.activations, m.locksSkipped, m.contended)
	return m
}

// Committed implements groupcommit.Metrics.
func (m *Metrics) Committed(batches []*eventra.Batch, took time.Duration, err error) {
	changes := 0
	for _, b := range batches {
		changes += len(b.Changes)
	}
	m.commitSeconds.Observe(took.Seconds())
	m.batchEvents.Observe(float64(len(batches)))
	m.batchChanges.Observe(float64(changes))
	m.outcomes.WithLabelValues(outcomeName(err)).Inc()
}

// LocksSkipped implements groupcommit.Metrics.
func (m *Metrics) LocksSkipped() { m.locksSkipped.Inc() }

var outcomeNames = []string{"committed", "split", "stale_epoch", "diverged", "not_committed", "unknown"}

func outcomeName(err error) string {
	switch {
	case err == nil:
		return "committed"
	case errors.Is(err, eventra.ErrSplitBatch):
		return "split"
	case errors.Is(err, eventra.ErrStaleEpoch):
		return "stale_epoch"
	case errors.Is(err, eventra.ErrDiverged):
		return "diverged"
	case errors.Is(err, eventra.ErrNotCommitted):
		return "not_committed"
	}
	return "unknown"
}
