package app

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/sleep"
)

// gauge registers a metric that is read when Prometheus asks.
func gauge(r prometheus.Registerer, name, help string, labels prometheus.Labels, read func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// measure registers what is known of this instance without asking anybody.
func (a *App) measure(r prometheus.Registerer, version string) {
	gauge(r, "eventra_build_info", "Always 1; the labels say what runs.", prometheus.Labels{"version": version, "goversion": runtime.Version()},
		func() float64 { return 1 })
	for store, away := range map[string]func() bool{"postgres": a.stores.Postgres.Away, "mongo": a.stores.Mongo.Away, "redis": a.stores.Redis.Away} {
		gauge(r, "eventra_breaker_open", "1 while a store is known to be away, and calls are refused.", prometheus.Labels{"store": store},
			func() float64 { return number(away()) })
	}
	node := a.events.Node()
	gauge(r, "eventra_lease_seconds", "How long this instance may serve without renewing its lease; 0: it is suspended.", nil,
		func() float64 { return node.LeaseLeft().Seconds() })
	gauge(r, "eventra_members", "Members of the cluster, as this one sees them.", nil, func() float64 { return float64(node.Load().Members) })
	gauge(r, "eventra_active_events", "Events whose seats this instance has in memory.", nil, func() float64 { return float64(node.Load().Events) })
	gauge(r, "eventra_event_queue_requests", "Requests without an outcome at the events of this instance.", nil,
		func() float64 { return float64(node.Load().Queued) })
	a.measurePool(r)
}

func (a *App) measurePool(r prometheus.Registerer) {
	pool := a.stores.Postgres.Stat
	const name, help = "eventra_postgres_connections", "Connections to PostgreSQL by state."
	gauge(r, name, help, prometheus.Labels{"state": "busy"}, func() float64 { return float64(pool().AcquiredConns()) })
	gauge(r, name, help, prometheus.Labels{"state": "idle"}, func() float64 { return float64(pool().IdleConns()) })
	gauge(r, "eventra_postgres_connections_max", "The most connections to PostgreSQL.", nil, func() float64 { return float64(pool().MaxConns()) })
	r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eventra_postgres_connection_wait_seconds_total",
		Help: "Time that calls have waited for a connection to PostgreSQL."}, func() float64 { return pool().EmptyAcquireWaitTime().Seconds() }))
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

const (
	// backlogPause is the time between looks at the mails that wait.
	backlogPause   = 15 * time.Second
	backlogTimeout = 2 * time.Second
	// backlogMax bounds the count: beyond it, the number says enough.
	backlogMax = 100_000
)

// measureBacklog makes a loop that looks at the mails that wait, which only the stores know.
func (a *App) measureBacklog(r prometheus.Registerer) func(context.Context) {
	outbox := prometheus.NewGauge(prometheus.GaugeOpts{Name: "eventra_outbox_mails",
		Help: "Mails of all instances that no mail server has taken yet, 100,000 at most."})
	queue := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "eventra_mail_queue_jobs",
		Help: "Jobs of all instances in the mail queue by state."}, []string{"state"})
	r.MustRegister(outbox, queue)
	return func(ctx context.Context) {
		for {
			look, cancel := context.WithTimeout(ctx, backlogTimeout)
			if unsent, err := a.stores.Postgres.MailsUnsent(look, backlogMax); err == nil {
				outbox.Set(float64(unsent))
			}
			if jobs, err := a.queue.Stats(look); err == nil {
				queue.WithLabelValues("waiting").Set(float64(jobs.Waiting))
				queue.WithLabelValues("running").Set(float64(jobs.Running))
				queue.WithLabelValues("dead").Set(float64(jobs.Dead))
			}
			cancel()
			if sleep.For(ctx, backlogPause) != nil {
				return
			}
		}
	}
}

// countedSender counts mails by what became of them.
type countedSender struct {
	actors.MailSender
	mails *prometheus.CounterVec
}

func newCountedSender(sender actors.MailSender, r prometheus.Registerer) countedSender {
	c := countedSender{sender, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eventra_mails_total",
		Help: "Attempts to hand a mail to a mail server, by outcome."}, []string{"outcome"})}
	r.MustRegister(c.mails)
	return c
}

// Send implements actors.MailSender.
func (c countedSender) Send(ctx context.Context, mail *eventra.Mail) error {
	err := c.MailSender.Send(ctx, mail)
	outcome := "sent"
	if err != nil {
		outcome = "failed"
	}
	c.mails.WithLabelValues(outcome).Inc()
	return err
}
