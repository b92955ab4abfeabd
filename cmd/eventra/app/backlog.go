package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/sleep"
)

const (
	// backlogPause is the time between looks at what waits.
	backlogPause   = 15 * time.Second
	backlogTimeout = 2 * time.Second
	// backlogMax bounds the counts: beyond it, the number says enough.
	backlogMax = 100_000
)

// backlog is what waits in all instances, which only the stores know.
type backlog struct {
	mails, payments, refunds openGauges
	jobs                     *prometheus.GaugeVec
	oldestJob                prometheus.Gauge
}

// openGauges show how much waits, and for how long the oldest of it has.
type openGauges struct{ number, oldest prometheus.Gauge }

func newOpenGauges(r prometheus.Registerer, name, numberHelp, oldest, oldestHelp string) openGauges {
	g := openGauges{prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: numberHelp + ", of all instances, 100,000 at most."}),
		prometheus.NewGauge(prometheus.GaugeOpts{Name: oldest, Help: oldestHelp})}
	r.MustRegister(g.number, g.oldest)
	return g
}

func (g openGauges) set(open postgres.Waiting) {
	g.number.Set(float64(open.Number))
	g.oldest.Set(open.Oldest.Seconds())
}

func newBacklog(r prometheus.Registerer) *backlog {
	b := &backlog{
		mails: newOpenGauges(r, "eventra_outbox_mails", "Mails that no mail server has taken yet",
			"eventra_outbox_oldest_seconds", "Age of the oldest mail that no mail server has taken yet, dead ones among them."),
		payments: newOpenGauges(r, "eventra_payments_pending", "Attempts to pay without an outcome",
			"eventra_payments_pending_oldest_seconds", "Age of the oldest attempt to pay without an outcome."),
		refunds: newOpenGauges(r, "eventra_refunds_owed", "Payments, and parts of some, that are to go back and have not yet",
			"eventra_refunds_owed_oldest_seconds", "For how long the oldest refund has been owed."),
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "eventra_mail_queue_jobs",
			Help: "Jobs of all instances in the mail queue by state."}, []string{"state"}),
		oldestJob: prometheus.NewGauge(prometheus.GaugeOpts{Name: "eventra_mail_queue_oldest_seconds",
			Help: "How long the oldest job that may run has waited for a worker."}),
	}
	r.MustRegister(b.jobs, b.oldestJob)
	return b
}

// measureBacklog makes a loop that looks at what waits.
func (a *App) measureBacklog(r prometheus.Registerer) func(context.Context) {
	b := newBacklog(r)
	return func(ctx context.Context) {
		for {
			look, cancel := context.WithTimeout(ctx, backlogTimeout)
			a.look(look, b)
			cancel()
			if sleep.For(ctx, backlogPause) != nil {
				return
			}
		}
	}
}

// look leaves what a store does not tell as it was last known.
func (a *App) look(ctx context.Context, b *backlog) {
	if open, err := a.stores.Postgres.Backlog(ctx, backlogMax); err == nil {
		b.mails.set(open.Mails)
		b.payments.set(open.PaymentsPending)
		b.refunds.set(open.RefundsOwed)
	}
	if jobs, err := a.queue.Stats(ctx); err == nil {
		b.jobs.WithLabelValues("waiting").Set(float64(jobs.Waiting))
		b.jobs.WithLabelValues("running").Set(float64(jobs.Running))
		b.jobs.WithLabelValues("dead").Set(float64(jobs.Dead))
		b.oldestJob.Set(jobs.Oldest.Seconds())
	}
}
