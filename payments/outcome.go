package payments

import (
	"context"

	"github.com/eventra/eventra"
)

// endedBefore answers a request whose attempt has ended, or whose booking is
// overdue or has ended without it.
func (p *Processor) endedBefore(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	payment, err := p.store.Payment(ctx, req.PaymentID)
	if err == nil {
		return p.storedOutcome(ctx, payment)
	}
	if eventra.CodeOf(err) != eventra.CodeNotFound {
		return nil, nil, err
	}
	booking, err := p.store.Booking(ctx, req.BookingID)
	switch {
	case err != nil:
		return nil, nil, err
	case booking.Status == eventra.BookingRefunded:
		return nil, nil, eventra.Errorf(eventra.CodeAlreadyPaid, "the booking was paid and refunded")
	case booking.Status == eventra.BookingCancelled:
		return nil, nil, eventra.Errorf(eventra.CodeHoldExpired, "the booking was cancelled")
	}
	return nil, nil, eventra.Errorf(eventra.CodeHoldExpired, "the hold has run out")
}

// refusedNow answers a request that its event refuses by now. An attempt that
// was made before keeps its own outcome.
func (p *Processor) refusedNow(ctx context.Context, req eventra.PaymentRequest, refused error) (*eventra.Payment, *eventra.Booking, error) {
	if code := eventra.CodeOf(refused); code == eventra.CodeNotFound || code == eventra.CodeInternal || eventra.Undecided(refused) {
		return nil, nil, refused
	}
	payment, err := p.store.Payment(ctx, req.PaymentID)
	switch {
	case err == nil:
		return p.storedOutcome(ctx, payment)
	case eventra.CodeOf(err) == eventra.CodeNotFound:
		return nil, nil, refused
	}
	return nil, nil, err
}

// storedOutcome answers from the stored attempt.
func (p *Processor) storedOutcome(ctx context.Context, payment *eventra.Payment) (*eventra.Payment, *eventra.Booking, error) {
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		return nil, nil, err
	}
	if payment.Status == eventra.PaymentPending {
		return nil, nil, outcomeUnknown(nil)
	}
	return answer(payment, booking)
}

// answer is what the payer is told about an attempt that has ended.
func answer(payment *eventra.Payment, booking *eventra.Booking) (*eventra.Payment, *eventra.Booking, error) {
	switch payment.Status {
	case eventra.PaymentSucceeded:
		return payment, booking, nil
	case eventra.PaymentDeclined:
		return nil, nil, &eventra.Error{Code: eventra.CodePaymentDeclined, Message: "the payment was declined", Payment: payment}
	case eventra.PaymentFailed:
		return nil, nil, &eventra.Error{Code: eventra.CodePaymentUnavailable, Message: "the payment failed; no money was taken", Payment: payment}
	}
	if payment.Refusal == "" && booking != nil && booking.Status == eventra.BookingRefunded {
		return nil, nil, &eventra.Error{Code: eventra.CodeAlreadyPaid, Message: "the booking was paid and refunded", Payment: payment}
	}
	return nil, nil, refusal(payment)
}

// refusal is what the payer is told about money that bought nothing.
func refusal(payment *eventra.Payment) error {
	e := &eventra.Error{Code: payment.Refusal, Payment: payment}
	switch payment.Refusal {
	case eventra.CodeSaleClosed:
		e.Message = "the event was cancelled; the money is returned"
	case eventra.CodeAlreadyPaid:
		e.Message = "another payment has paid for the booking; the money is returned"
	default:
		e.Code, e.Message = eventra.CodeHoldExpired, "the hold had run out and its seats are gone; the money is returned"
	}
	return e
}

// outcomeUnknown is what the payer is told until the [Reconciler] has ended
// the attempt.
func outcomeUnknown(cause error) error {
	return &eventra.Error{Code: eventra.CodePaymentUnavailable,
		Message: "the payment's outcome is not known yet; it will be completed, or the money returned", Err: cause}
}
