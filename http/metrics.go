package http

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requestMetrics measures the duration of requests by route, method and status.
type requestMetrics struct{ seconds *prometheus.HistogramVec }

func newRequestMetrics(registry *prometheus.Registry) (*requestMetrics, error) {
	m := &requestMetrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "eventra_http_request_duration_seconds",
		Help:    "Time from a request's arrival to its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"route", "method", "status"})}
	if err := registry.Register(m.seconds); err != nil {
		return nil, fmt.Errorf("http: metrics: %w", err)
	}
	return m, nil
}

func (m *requestMetrics) observe(route, method string, status int, took time.Duration) {
	m.seconds.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}
