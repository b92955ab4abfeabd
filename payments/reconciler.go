package payments

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

// Reconciler ends payments that a crash or an outage left open: it voids
// attempts that are PENDING past their grace, lets their events decide what the
// outcome means, and repeats refunds that are due. Each instance looks after
// the payments of the events that it owns.
type Reconciler struct{ processor *Processor }

// NewReconciler makes a reconciler that repeats the steps of a processor.
func NewReconciler(processor *Processor) *Reconciler { return &Reconciler{processor} }

const (
	// refundAge is how long the instance that began a refund has it to itself.
	refundAge = 5 * time.Second
	// reconcilePause and reconcileLimit pace the reconciler.
	reconcilePause = time.Second
	reconcileLimit = 100
)

// Run reconciles once a second until ctx ends.
func (r *Reconciler) Run(ctx context.Context) {
	for sleep.For(ctx, reconcilePause) == nil {
		r.reconcileOpen(ctx)
	}
}

func (r *Reconciler) reconcileOpen(ctx context.Context) {
	p := r.processor
	open, err := p.store.OpenPayments(ctx, refundAge, reconcileLimit)
	if err != nil {
		p.log.Debug("open payments not read", "error", err)
		return
	}
	for i := range open {
		if ctx.Err() == nil && p.events.Owns(open[i].EventID) {
			r.reconcile(ctx, &open[i])
		}
	}
}

func (r *Reconciler) reconcile(ctx context.Context, payment *eventra.Payment) {
	p := r.processor
	if payment.Status == eventra.PaymentRefundPending {
		p.returnMoney(payment.ID)
		return
	}
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		p.log.Warn("open payment's booking not read", "payment", payment.ID, "error", err)
		return
	}
	outcome, err := p.void(payment)
	if err != nil {
		p.log.Warn("gateway failed", "payment", payment.ID, "error", err)
		return
	}
	_, _, err = p.finish(payment, booking, outcome)
	p.log.Info("open payment reconciled", "payment", payment.ID, "gateway", outcome, "answer", err)
}
