package http

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// measure registers what is known of the server when Prometheus asks.
func (s *Server) measure(registry *prometheus.Registry) error {
	gauges := []prometheus.Collector{&readinessMetrics{s}}
	add := func(name, help string, labels prometheus.Labels, read func() float64) {
		gauges = append(gauges, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
	}
	const slots, slotsHelp = "eventra_http_slots", "Requests that compute, or that wait until they may, by state."
	add(slots, slotsHelp, prometheus.Labels{"state": "taken"}, func() float64 { taken, _ := s.listener.Limiter.Load(); return float64(taken) })
	add(slots, slotsHelp, prometheus.Labels{"state": "waiting"}, func() float64 { _, waiting := s.listener.Limiter.Load(); return float64(waiting) })
	add("eventra_http_connections", "Connections of clients that are open.", nil, func() float64 { return float64(s.listener.Connections()) })
	for cache, bytes := range map[string]func() float64{
		"encoded_maps": func() float64 {
			return float64(s.encodedMaps.wholes.WeightedSize() + s.encodedMaps.parts.WeightedSize())
		},
		"shop_customers": func() float64 { return float64(s.shopCustomers.known.WeightedSize()) },
		"access_tokens":  func() float64 { return float64(s.accessTokens.CacheBytes()) },
		"stream_frames":  func() float64 { return float64(s.streams.budget.bytes.Load()) },
	} {
		add("eventra_cache_bytes", cacheHelp, prometheus.Labels{"cache": cache}, bytes)
	}
	for _, gauge := range gauges {
		if err := registry.Register(gauge); err != nil {
			return fmt.Errorf("http: metrics: %w", err)
		}
	}
	return nil
}

const cacheHelp = "Bytes that a cache keeps, as it counts them."

// readinessMetrics shows what /readyz says.
type readinessMetrics struct{ server *Server }

var (
	readyDesc      = prometheus.NewDesc("eventra_ready", "1 if this instance takes requests, as /readyz says.", nil, nil)
	dependencyDesc = prometheus.NewDesc("eventra_dependency_up", "1 if a dependency answers, as /readyz says.", []string{"dependency"}, nil)
)

// Describe implements prometheus.Collector.
func (m *readinessMetrics) Describe(descs chan<- *prometheus.Desc) {
	descs <- readyDesc
	descs <- dependencyDesc
}

// Collect implements prometheus.Collector. The dependencies have probeTimeout to answer.
func (m *readinessMetrics) Collect(metrics chan<- prometheus.Metric) {
	checks, refusal := m.server.checkReady(context.Background())
	metrics <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, number(refusal == ""))
	for name, check := range checks {
		metrics <- prometheus.MustNewConstMetric(dependencyDesc, prometheus.GaugeValue, number(check.Status == "up"), name)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
