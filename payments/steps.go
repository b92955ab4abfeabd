package payments

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// charge asks the gateway for the money and the event for what the answer means.
// A booking that costs nothing is paid by asking.
func (p *Processor) charge(payment *eventra.Payment, booking *eventra.Booking, token string) (*eventra.Payment, *eventra.Booking, error) {
	if free(payment) {
		return p.finish(payment, booking, eventra.PaymentSucceeded)
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.gatewayTimeout)
	defer cancel()
	outcome, err := eventra.PaymentSucceeded, p.gateway.Charge(ctx, *payment, token)
	switch {
	case eventra.CodeOf(err) == eventra.CodePaymentDeclined:
		outcome = eventra.PaymentDeclined
	case err != nil:
		p.log.Warn("gateway failed", "paymentId", payment.ID, "bookingId", payment.BookingID, "error", err)
		if outcome, err = p.void(payment); err != nil {
			return nil, nil, outcomeUnknown(err)
		}
	}
	return p.finish(payment, booking, outcome)
}

// free reports whether no money moves for a payment, so that no gateway is asked.
func free(payment *eventra.Payment) bool { return payment.Amount.Amount == 0 }

// void ends a charge whose outcome is unknown and returns that outcome.
func (p *Processor) void(payment *eventra.Payment) (eventra.PaymentStatus, error) {
	if free(payment) {
		return eventra.PaymentSucceeded, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	charged, err := p.gateway.Void(ctx, *payment)
	if charged {
		return eventra.PaymentSucceeded, err
	}
	return eventra.PaymentFailed, err
}

// finish lets the event decide what the gateway's outcome means, and returns
// money that is due back.
func (p *Processor) finish(payment *eventra.Payment, booking *eventra.Booking, outcome eventra.PaymentStatus) (*eventra.Payment, *eventra.Booking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	decided, bought, err := p.events.FinishPayment(ctx,
		&eventra.FinishPayment{Payment: *payment, Outcome: outcome, Items: booking.Items})
	if errors.Is(err, eventra.ErrRefusedByStore) || err == nil && decided == nil {
		var stored *eventra.Payment
		if stored, err = p.store.Payment(ctx, payment.ID); err == nil {
			return p.storedOutcome(ctx, stored)
		}
	}
	if err != nil {
		return nil, nil, outcomeUnknown(err)
	}
	ended := *decided
	if bought != nil {
		ended.BookingID = bought.ID
	}
	if ended.Status == eventra.PaymentRefundPending {
		ended.Status = p.returnMoney(ended.ID)
	}
	return answer(&ended, bought)
}

// returnMoney returns money that is due back, and the payment's status after
// that. The [Reconciler] tries again what fails here.
func (p *Processor) returnMoney(id eventra.ID) eventra.PaymentStatus {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	payment, err := p.store.Payment(ctx, id)
	if err != nil {
		p.log.Warn("refund not done yet", "paymentId", id, "error", err)
		return eventra.PaymentRefundPending
	}
	if payment.Status != eventra.PaymentRefundPending {
		return payment.Status
	}
	log := p.log.With("paymentId", id, "bookingId", payment.BookingID, "eventId", payment.EventID)
	if err = p.endParts(ctx, payment); err == nil && !free(payment) {
		err = p.gateway.Refund(ctx, *payment)
	}
	if err == nil {
		err = p.store.MarkRefunded(ctx, id)
	}
	if err != nil {
		log.Warn("refund not done yet", "error", err)
		return eventra.PaymentRefundPending
	}
	log.Info("money returned")
	return eventra.PaymentRefunded
}
