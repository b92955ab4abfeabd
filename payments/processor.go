package payments

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
)

// Processor takes a payment through its steps. A step that is lost to a crash
// or an outage is taken again by the [Reconciler].
type Processor struct {
	events         Events
	store          Store
	gateway        Gateway
	log            *slog.Logger
	gatewayTimeout time.Duration
}

// NewProcessor makes a processor that waits for each charge for at most
// gatewayTimeout.
func NewProcessor(events Events, store Store, gateway Gateway, log *slog.Logger, gatewayTimeout time.Duration) *Processor {
	return &Processor{events, store, gateway, log, gatewayTimeout}
}

// finishTimeout bounds each step after the gateway's answer to a charge: the
// void, the event's decision, the refund. These go on if the payer is gone.
const finishTimeout = 4 * time.Second

// grace is how long a running payment keeps its hold: while the gateway
// charges, an unclear charge is voided, and the outcome is stored.
func (p *Processor) grace() time.Duration { return p.gatewayTimeout + 2*finishTimeout }

// Bound returns how long [Processor.Pay] takes at most, its database calls
// included.
func (p *Processor) Bound() time.Duration { return p.grace() + 2*finishTimeout }

// Pay charges for a held booking and confirms it. The same request again
// continues where the first one stopped, or returns its outcome. Errors:
// CodePaymentDeclined, CodeHoldExpired, CodeSaleClosed, CodeAlreadyPaid,
// CodePaymentInProgress, CodePaymentUnavailable, CodeNotFound.
func (p *Processor) Pay(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	payment, booking, err := p.start(ctx, req)
	switch {
	case errors.Is(err, eventra.ErrNotLive), errors.Is(err, eventra.ErrRefusedByStore):
		return p.endedBefore(ctx, req)
	case err != nil:
		return p.refusedNow(ctx, req, err)
	case payment == nil:
		return p.resume(ctx, req)
	}
	return p.charge(payment, booking, req.Token)
}

func (p *Processor) start(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	return p.events.StartPayment(ctx, &eventra.StartPayment{PaymentID: req.PaymentID,
		BookingID: req.BookingID, UserID: req.UserID, Method: req.Method, Grace: p.grace()})
}

// resume continues an attempt that was started before.
func (p *Processor) resume(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	payment, err := p.store.Payment(ctx, req.PaymentID)
	if err != nil {
		return nil, nil, err
	}
	if payment.Status != eventra.PaymentPending {
		// The attempt has ended since, and its event may not have applied that
		// commit yet. Asking once more waits for it, so that seat maps are not
		// older than this answer.
		if _, _, err := p.start(ctx, req); eventra.Undecided(err) {
			return nil, nil, err
		}
		return p.storedOutcome(ctx, payment)
	}
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		return nil, nil, err
	}
	return p.charge(payment, booking, req.Token)
}

// Refund ends a confirmed booking and returns what is left of its money, also if refunds had
// ended the booking and left some. If the gateway fails, the [Reconciler] tries again.
func (p *Processor) Refund(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error) {
	booking, err := p.events.RefundBooking(ctx, bookingID)
	if err != nil {
		return nil, err
	}
	status := p.returnMoney(booking.PaymentID)
	if status != eventra.PaymentRefunded { // refunds have ended the booking, or the gateway or the store failed
		if err := p.store.ReturnRest(ctx, booking.PaymentID); err != nil {
			return nil, err
		}
	}
	if status == eventra.PaymentSucceeded {
		status = p.returnMoney(booking.PaymentID)
	}
	if status != eventra.PaymentRefunded {
		return booking, nil
	}
	refunded := *booking
	refunded.Refunded = booking.Total.Amount
	return &refunded, nil
}
