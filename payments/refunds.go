package payments

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// RefundItems returns money of a confirmed booking, for some of its items or none. A refund
// whose outcome is not known yet is PENDING, and the [Reconciler] ends it.
func (p *Processor) RefundItems(ctx context.Context, cmd *eventra.RefundItems) (*eventra.Refund, error) {
	refund, err := p.events.RefundItems(ctx, cmd)
	if err != nil || refund.Status != eventra.RefundPending {
		return refund, err
	}
	return p.endRefund(refund), nil
}

// endRefund asks the gateway for a refund, under the key that every try has, and lets the event
// note what came of it. It returns the refund after that.
func (p *Processor) endRefund(refund *eventra.Refund) *eventra.Refund {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	log := p.log.With("refundId", refund.ID, "paymentId", refund.PaymentID, "bookingId", refund.BookingID, "eventId", refund.EventID)
	outcome, err := eventra.RefundSucceeded, p.gateway.RefundPart(ctx, *refund)
	switch {
	case errors.Is(err, eventra.ErrRefundRefused):
		outcome = eventra.RefundFailed
	case err != nil:
		log.Warn("refund not done yet", "error", err)
		return refund
	}
	storing, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	ended, err := p.events.EndRefund(storing, &eventra.EndRefund{Refund: *refund, Outcome: outcome})
	if err != nil {
		log.Warn("refund not done yet", "gateway", outcome, "error", err)
		return refund
	}
	log.Info("refund ended", "status", ended.Status, "amount", ended.Amount.Amount, "currency", ended.Amount.Currency)
	return ended
}

// endParts ends the refunds of a payment that are still open, so that it is known how much is
// left to return.
func (p *Processor) endParts(ctx context.Context, payment *eventra.Payment) error {
	parts, err := p.store.PaymentRefunds(ctx, payment.ID)
	if err != nil {
		return err
	}
	for i := range parts {
		if parts[i].Status == eventra.RefundPending && p.endRefund(&parts[i]).Status == eventra.RefundPending {
			return errPartPending
		}
	}
	return nil
}

var errPartPending = errors.New("a refund of a part of the payment has no outcome yet")
