package http

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
)

// requestMetrics measures the duration of requests by route, method and status, and counts
// problems by their code: a status alone does not tell overloaded from unavailable.
type requestMetrics struct {
	seconds  *prometheus.HistogramVec
	problems *prometheus.CounterVec

	secondsOf  series[outcome, prometheus.Observer]
	problemsOf series[eventra.Code, prometheus.Counter]
}

// outcome labels a request that has been answered.
type outcome struct {
	route, method string
	status        int
}

func newRequestMetrics(registry *prometheus.Registry, holding *atomic.Int64) (*requestMetrics, error) {
	m := &requestMetrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "eventra_http_request_duration_seconds",
		Help:    "Time from a request's arrival to its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"route", "method", "status"}), problems: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eventra_http_problems_total", Help: "Responses that are problems, by code.",
	}, []string{"code"})}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "eventra_http_holds_waiting", Help: "Requests for seats that wait for anything but their client.",
	}, func() float64 { return float64(holding.Load()) })
	for _, metric := range []prometheus.Collector{m.seconds, m.problems, waiting} {
		if err := registry.Register(metric); err != nil {
			return nil, fmt.Errorf("http: metrics: %w", err)
		}
	}
	return m, nil
}

func (m *requestMetrics) observe(route, method string, status int, took time.Duration) {
	m.secondsOf.get(outcome{route, method, status}, func(o outcome) prometheus.Observer {
		return m.seconds.WithLabelValues(o.route, o.method, strconv.Itoa(o.status))
	}).Observe(took.Seconds())
}

func (m *requestMetrics) problem(code eventra.Code) {
	m.problemsOf.get(code, func(code eventra.Code) prometheus.Counter {
		return m.problems.WithLabelValues(string(code))
	}).Inc()
}

// series remembers the metrics of labels of which there are few. To find one in a vector
// takes several times as long as to count with it.
type series[Labels comparable, Metric any] struct {
	mu  sync.Mutex
	all atomic.Pointer[map[Labels]Metric] // never written to
}

// get returns the metric of labels, which find finds the first time.
func (r *series[Labels, Metric]) get(labels Labels, find func(Labels) Metric) Metric {
	if all := r.all.Load(); all != nil {
		if metric, ok := (*all)[labels]; ok {
			return metric
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[Labels]Metric{}
	if before := r.all.Load(); before != nil {
		maps.Copy(all, *before)
	}
	all[labels] = find(labels)
	r.all.Store(&all)
	return all[labels]
}
