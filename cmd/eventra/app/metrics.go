package app

import (
	"context"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
)

// gauge registers a metric that is read when Prometheus asks.
func gauge(r prometheus.Registerer, name, help string, labels prometheus.Labels, read func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// counter registers a counter that is read when Prometheus asks.
func counter(r prometheus.Registerer, name, help string, labels prometheus.Labels, read func() float64) {
	r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// measure registers what is known of this instance without asking anybody.
func (a *App) measure(r prometheus.Registerer, version string) {
	gauge(r, "eventra_build_info", "Always 1; the labels say what runs.", prometheus.Labels{"version": version, "goversion": runtime.Version()},
		func() float64 { return 1 })
	for store, b := range map[string]breaker{"postgres": a.stores.Postgres, "mongo": a.stores.Mongo, "redis": a.stores.Redis} {
		gauge(r, "eventra_breaker_open", "1 while a store is known to be away, and calls are refused.", prometheus.Labels{"store": store},
			func() float64 { return number(b.Away()) })
		counter(r, "eventra_breaker_trips_total", "How often a store was found away.", prometheus.Labels{"store": store},
			func() float64 { return float64(b.Trips()) })
	}
	node := a.events.Node()
	gauge(r, "eventra_lease_seconds", "How long this instance may serve without renewing its lease; 0: it is suspended.", nil,
		func() float64 { return node.LeaseLeft().Seconds() })
	gauge(r, "eventra_members", "Members of the cluster, as this one sees them.", nil, func() float64 { return float64(node.Load().Members) })
	gauge(r, "eventra_active_events", "Events whose seats this instance has in memory.", nil, func() float64 { return float64(node.Load().Events) })
	gauge(r, "eventra_event_queue_requests", "Requests without an outcome at the events of this instance.", nil,
		func() float64 { return float64(node.Load().Queued) })
	counter(r, "eventra_evictions_total", "How often this instance has lost its lease, and joined again.", nil,
		func() float64 { return float64(node.Evictions()) })
	gauge(r, "eventra_cache_bytes", cacheHelp, prometheus.Labels{"cache": "replicas"}, func() float64 { return float64(a.events.ReplicaBytes()) })
	gauge(r, "eventra_cache_bytes", cacheHelp, prometheus.Labels{"cache": "pages"}, func() float64 { return float64(a.catalog.CacheBytes()) })
	a.measurePostgres(r)
	a.measureRedis(r)
}

// measureHotEvents makes a loop that looks for the busiest events.
func (a *App) measureHotEvents(r prometheus.Registerer) func(context.Context) {
	hot := newHotEvents(a.events.Node().Events)
	r.MustRegister(hot)
	return hot.run
}

// cacheHelp is the text of package http, which measures the other caches.
const cacheHelp = "Bytes that a cache keeps, as it counts them."

type breaker interface {
	Away() bool
	Trips() uint64
}

func (a *App) measurePostgres(r prometheus.Registerer) {
	pool := a.stores.Postgres.Stat
	const name, help = "eventra_postgres_connections", "Connections to PostgreSQL by state."
	gauge(r, name, help, prometheus.Labels{"state": "busy"}, func() float64 { return float64(pool().AcquiredConns()) })
	gauge(r, name, help, prometheus.Labels{"state": "idle"}, func() float64 { return float64(pool().IdleConns()) })
	gauge(r, "eventra_postgres_connections_max", "The most connections to PostgreSQL.", nil, func() float64 { return float64(pool().MaxConns()) })
	counter(r, "eventra_postgres_connection_wait_seconds_total", "Time that calls have waited for a connection to PostgreSQL.", nil,
		func() float64 { return pool().EmptyAcquireWaitTime().Seconds() })
	for reason := range a.stores.Postgres.Failures() {
		counter(r, "eventra_postgres_failures_total", "Calls of PostgreSQL that failed, by reason.", prometheus.Labels{"reason": reason},
			func() float64 { return float64(a.stores.Postgres.Failures()[reason]) })
	}
}

func (a *App) measureRedis(r prometheus.Registerer) {
	pool := a.stores.Redis.Stat
	const name, help = "eventra_redis_connections", "Connections to Redis by state."
	gauge(r, name, help, prometheus.Labels{"state": "busy"}, func() float64 { s := pool(); return float64(s.TotalConns) - float64(s.IdleConns) })
	gauge(r, name, help, prometheus.Labels{"state": "idle"}, func() float64 { return float64(pool().IdleConns) })
	counter(r, "eventra_redis_connection_timeouts_total", "Commands that waited for a connection to Redis in vain.", nil,
		func() float64 { return float64(pool().Timeouts) })
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
