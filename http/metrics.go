package http

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requestMetrics measures the duration of requests by route, method and status, and counts
// problems by their code: a status alone does not tell overloaded from unavailable.
type requestMetrics struct {
	seconds  *prometheus.HistogramVec
	problems *prometheus.CounterVec
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
	m.seconds.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}
