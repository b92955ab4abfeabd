package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/payments"
)

// countedSender counts mails by what became of them.
type countedSender struct {
	actors.MailSender
	mails *prometheus.CounterVec
}

func newCountedSender(sender actors.MailSender, r prometheus.Registerer) countedSender {
	c := countedSender{sender, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eventra_mails_total",
		Help: "Attempts to hand a mail to a mail server, by outcome."}, []string{"outcome"})}
	for _, outcome := range []string{"sent", "failed"} {
		c.mails.WithLabelValues(outcome) // counted from zero
	}
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

// timedGateway measures the calls of a gateway.
type timedGateway struct {
	gateway payments.Gateway
	seconds *prometheus.HistogramVec
}

// Calls of a gateway, and their outcomes.
const (
	callCharge, callVoid, callRefund          = "charge", "void", "refund"
	outcomeDone, outcomeDeclined, outcomeOpen = "done", "declined", "failed"
)

func newTimedGateway(gateway payments.Gateway, r prometheus.Registerer) timedGateway {
	g := timedGateway{gateway, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "eventra_gateway_duration_seconds",
		Help:    "Time of a call of the payment gateway, by call and outcome.",
		Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"call", "outcome"})}
	for _, call := range []string{callCharge, callVoid, callRefund} {
		for _, outcome := range []string{outcomeDone, outcomeDeclined, outcomeOpen} {
			g.seconds.WithLabelValues(call, outcome) // counted from zero
		}
	}
	r.MustRegister(g.seconds)
	return g
}

func (g timedGateway) observe(call string, began time.Time, err error) {
	outcome := outcomeDone
	switch {
	case eventra.CodeOf(err) == eventra.CodePaymentDeclined:
		outcome = outcomeDeclined
	case err != nil:
		outcome = outcomeOpen
	}
	g.seconds.WithLabelValues(call, outcome).Observe(time.Since(began).Seconds())
}

// Charge implements payments.Gateway.
func (g timedGateway) Charge(ctx context.Context, p eventra.Payment, token string) (err error) {
	defer func(began time.Time) { g.observe(callCharge, began, err) }(time.Now())
	return g.gateway.Charge(ctx, p, token)
}

// Void implements payments.Gateway.
func (g timedGateway) Void(ctx context.Context, p eventra.Payment) (charged bool, err error) {
	defer func(began time.Time) { g.observe(callVoid, began, err) }(time.Now())
	return g.gateway.Void(ctx, p)
}

// Refund implements payments.Gateway.
func (g timedGateway) Refund(ctx context.Context, p eventra.Payment) (err error) {
	defer func(began time.Time) { g.observe(callRefund, began, err) }(time.Now())
	return g.gateway.Refund(ctx, p)
}

// RefundPart implements payments.Gateway.
func (g timedGateway) RefundPart(ctx context.Context, r eventra.Refund) (err error) {
	defer func(began time.Time) { g.observe(callRefund, began, err) }(time.Now())
	return g.gateway.RefundPart(ctx, r)
}
