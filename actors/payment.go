package actors

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
)

// PaymentProcessor moves a payment through its steps: the intent is stored
// and the hold kept (StartPayment), the gateway asked outside any actor, the
// outcome decided by the event (FinishPayment). A step that is lost, with the
// process or a backend, is taken up again by [PaymentProcessor.Reconcile].
type PaymentProcessor struct {
	events  *Directory
	store   PaymentStore
	gateway Gateway
	log     *slog.Logger
	timeout time.Duration
}

// NewPaymentProcessor makes a processor that gives the gateway the time given.
func NewPaymentProcessor(events *Directory, store PaymentStore, gateway Gateway, log *slog.Logger, gatewayTimeout time.Duration) *PaymentProcessor {
	return &PaymentProcessor{events, store, gateway, log, gatewayTimeout}
}

const (
	// finishTimeout bounds what follows the gateway's answer; it goes on even
	// if the payer is gone.
	finishTimeout = 4 * time.Second
	// refundAge is how long somebody else may be at a refund before the
	// reconciler takes it up.
	refundAge = 5 * time.Second
	// reconcilePause and reconcileLimit pace the reconciler.
	reconcilePause = time.Second
	reconcileLimit = 100
)

// grace is how long a running payment keeps its hold: the gateway's time,
// voiding an unclear charge and storing the outcome.
func (p *PaymentProcessor) grace() time.Duration { return p.timeout + 2*finishTimeout }

// Bound is how long [PaymentProcessor.Pay] may take at the most, its database
// calls included.
func (p *PaymentProcessor) Bound() time.Duration { return p.grace() + 2*finishTimeout }

// Pay charges for a held booking and confirms it. The same request again goes
// on where it was.
func (p *PaymentProcessor) Pay(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	r, err := p.start(ctx, req)
	switch {
	case errors.Is(err, eventra.ErrNotLive), errors.Is(err, errStored):
		return p.ended(ctx, req)
	case err != nil:
		return nil, nil, err
	case r.payment == nil: // started before
		return p.resume(ctx, req)
	}
	return p.charge(r.payment, r.booking, req.Token)
}

// start has the intent stored and the hold kept.
func (p *PaymentProcessor) start(ctx context.Context, req eventra.PaymentRequest) (*reply, error) {
	cmd := &eventra.StartPayment{PaymentID: req.PaymentID,
		BookingID: req.BookingID, UserID: req.UserID, Method: req.Method, Grace: p.grace()}
	if event, known := p.events.whereabouts.of(req.BookingID); known {
		if r, err := p.events.do(ctx, event, cmd); !errors.Is(err, eventra.ErrNotLive) {
			return r, err
		}
	}
	booking, err := p.store.Booking(ctx, req.BookingID)
	switch {
	case err != nil:
		return nil, err
	case booking.UserID != req.UserID:
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return p.events.doTo(ctx, booking, cmd)
}

// ended answers for a booking that is live no more or overdue, or for an
// attempt that has ended.
func (p *PaymentProcessor) ended(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	payment, err := p.store.Payment(ctx, req.PaymentID)
	if err == nil {
		return p.outcome(ctx, payment)
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

// resume goes on with an attempt that was started before.
func (p *PaymentProcessor) resume(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	payment, err := p.store.Payment(ctx, req.PaymentID)
	if err != nil {
		return nil, nil, err
	}
	if payment.Status != eventra.PaymentPending {
		// It has ended since, and maybe the event has not heard of it yet, whose
		// word must not be older than this answer: it is asked once more.
		if _, err := p.start(ctx, req); undecided(err) {
			return nil, nil, err
		}
		return p.outcome(ctx, payment)
	}
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		return nil, nil, err
	}
	return p.charge(payment, booking, req.Token)
}

// charge asks the gateway and has the event decide what its answer means.
func (p *PaymentProcessor) charge(payment *eventra.Payment, booking *eventra.Booking, token string) (*eventra.Payment, *eventra.Booking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	outcome, err := eventra.PaymentSucceeded, p.gateway.Charge(ctx, *payment, token)
	switch {
	case eventra.CodeOf(err) == eventra.CodePaymentDeclined:
		outcome = eventra.PaymentDeclined
	case err != nil:
		p.log.Warn("gateway failed", "payment", payment.ID, "error", err)
		if outcome, err = p.void(payment.ID); err != nil {
			return nil, nil, unclear(err)
		}
	}
	return p.finish(payment, booking, outcome)
}

// void settles a charge of which nobody knows whether it happened.
func (p *PaymentProcessor) void(id eventra.ID) (eventra.PaymentStatus, error) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	charged, err := p.gateway.Void(ctx, id)
	if charged {
		return eventra.PaymentSucceeded, err
	}
	return eventra.PaymentFailed, err
}

func (p *PaymentProcessor) finish(payment *eventra.Payment, booking *eventra.Booking, outcome eventra.PaymentStatus) (*eventra.Payment, *eventra.Booking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	seats := make([]eventra.SeatNo, len(booking.Seats))
	for i, s := range booking.Seats {
		seats[i] = s.No
	}
	r, err := p.events.do(ctx, booking.EventID, &eventra.FinishPayment{Payment: *payment, Outcome: outcome, Seats: seats})
	if errors.Is(err, errStored) || err == nil && r.payment == nil {
		if payment, err = p.store.Payment(ctx, payment.ID); err == nil {
			return p.outcome(ctx, payment)
		}
	}
	if err != nil {
		return nil, nil, unclear(err)
	}
	ended := *r.payment
	if r.booking != nil {
		ended.BookingID = r.booking.ID
	}
	if ended.Status == eventra.PaymentRefundPending {
		ended.Status = p.refund(ended.ID)
	}
	return told(&ended, r.booking)
}

// outcome answers for an attempt that has ended.
func (p *PaymentProcessor) outcome(ctx context.Context, payment *eventra.Payment) (*eventra.Payment, *eventra.Booking, error) {
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		return nil, nil, err
	}
	if payment.Status == eventra.PaymentPending {
		return nil, nil, unclear(nil)
	}
	return told(payment, booking)
}

// told is what the payer hears of an attempt that has ended.
func told(payment *eventra.Payment, booking *eventra.Booking) (*eventra.Payment, *eventra.Booking, error) {
	switch payment.Status {
	case eventra.PaymentSucceeded:
		return payment, booking, nil
	case eventra.PaymentDeclined:
		return nil, nil, &eventra.Error{Code: eventra.CodePaymentDeclined, Message: "the payment was declined", Payment: payment}
	case eventra.PaymentFailed:
		return nil, nil, &eventra.Error{Code: eventra.CodePaymentUnavailable, Message: "the payment failed; no money was taken", Payment: payment}
	}
	return nil, nil, &eventra.Error{Code: eventra.CodeHoldExpired,
		Message: "the hold had run out and its seats are gone; the money is given back", Payment: payment}
}

func unclear(cause error) error {
	return &eventra.Error{Code: eventra.CodePaymentUnavailable,
		Message: "the payment's outcome is not clear yet; it will be settled or given back", Err: cause}
}

// refund gives money back that is due and returns the payment's status. What
// fails here is left to the reconciler.
func (p *PaymentProcessor) refund(id eventra.ID) eventra.PaymentStatus {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	payment, err := p.store.Payment(ctx, id)
	if err == nil && payment.Status == eventra.PaymentRefundPending {
		if err = p.gateway.Refund(ctx, *payment); err == nil {
			err = p.store.MarkRefunded(ctx, id)
		}
	}
	if err != nil {
		p.log.Warn("refund not done yet", "payment", id, "error", err)
		return eventra.PaymentRefundPending
	}
	return eventra.PaymentRefunded
}

// Reconcile ends what was left open, until ctx does.
func (p *PaymentProcessor) Reconcile(ctx context.Context) {
	for pause(ctx, reconcilePause) {
		open, err := p.store.OpenPayments(ctx, refundAge, reconcileLimit)
		if err != nil {
			p.log.Debug("open payments not read", "error", err)
			continue
		}
		for i := range open {
			if ctx.Err() == nil && p.events.Owns(open[i].EventID) { // others look after theirs
				p.reconcile(ctx, &open[i])
			}
		}
	}
}

func (p *PaymentProcessor) reconcile(ctx context.Context, payment *eventra.Payment) {
	if payment.Status == eventra.PaymentRefundPending {
		p.refund(payment.ID)
		return
	}
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		p.log.Warn("open payment's booking not read", "payment", payment.ID, "error", err)
		return
	}
	outcome, err := p.void(payment.ID)
	if err != nil {
		p.log.Warn("gateway failed", "payment", payment.ID, "error", err)
		return
	}
	_, _, err = p.finish(payment, booking, outcome)
	p.log.Info("open payment settled", "payment", payment.ID, "gateway", outcome, "answer", err)
}

// pause waits; it reports false once ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
