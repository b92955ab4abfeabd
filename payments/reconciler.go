package payments

import (
	"context"
	"sync"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

// Reconciler ends payments and refunds that a crash or an outage left open: it voids
// attempts that are PENDING past their grace, lets their events decide what the
// outcome means, and repeats refunds that are due or PENDING. The instances share the work: each
// claims what it has room for. A payment or refund that fails is due again later and later, so
// that many of them stop no other one.
type Reconciler struct{ processor *Processor }

// NewReconciler makes a reconciler that repeats the steps of a processor.
func NewReconciler(processor *Processor) *Reconciler { return &Reconciler{processor} }

const (
	// refundAge is how long the instance that began a refund has it to itself.
	refundAge = 5 * time.Second
	// reconcilePause is the time between looks at the store that found little to do.
	reconcilePause = time.Second
	// reconcilesMax bounds the payments and refunds that are being ended at a time.
	reconcilesMax = 8
	// retryPauseMin and retryPauseMax bound the pause between two tries of one.
	// The least one is longer than a try takes.
	retryPauseMin, retryPauseMax = 15 * time.Second, time.Minute
)

// Run reconciles until ctx ends, and then finishes what it has begun.
func (r *Reconciler) Run(ctx context.Context) {
	places := make(chan struct{}, reconcilesMax)
	var working sync.WaitGroup
	defer working.Wait()
	for refundsFirst := true; ctx.Err() == nil; refundsFirst = !refundsFirst {
		if r.claim(ctx, places, &working, refundsFirst) {
			places <- struct{}{} // there may be more, as soon as there is room
			<-places
		} else if sleep.For(ctx, reconcilePause) != nil {
			return
		}
	}
}

// claim begins to end as many refunds and payments as there are places, and reports whether
// it found so many. One kind has what room the other leaves: they take turns at being first,
// so that neither stops the other.
func (r *Reconciler) claim(ctx context.Context, places chan struct{}, working *sync.WaitGroup, refundsFirst bool) (full bool) {
	first, second := r.claimRefunds, r.claimPayments
	if !refundsFirst {
		first, second = second, first
	}
	room := cap(places) - len(places)
	found, ok := first(ctx, places, working, room)
	if !ok || found == room {
		return ok
	}
	more, ok := second(ctx, places, working, room-found)
	return ok && found+more == room
}

func (r *Reconciler) claimRefunds(ctx context.Context, places chan struct{}, working *sync.WaitGroup, room int) (found int, ok bool) {
	p := r.processor
	refunds, err := p.store.ClaimOpenRefunds(ctx, refundAge, retryPauseMin, retryPauseMax, room)
	if err != nil {
		p.log.Debug("open refunds not read", "error", err)
		return 0, false
	}
	begin(refunds, places, working, func(refund *eventra.Refund) { p.endRefund(refund) })
	return len(refunds), true
}

func (r *Reconciler) claimPayments(ctx context.Context, places chan struct{}, working *sync.WaitGroup, room int) (found int, ok bool) {
	p := r.processor
	open, err := p.store.ClaimOpenPayments(ctx, refundAge, retryPauseMin, retryPauseMax, room)
	if err != nil {
		p.log.Debug("open payments not read", "error", err)
		return 0, false
	}
	begin(open, places, working, r.reconcile)
	return len(open), true
}

// begin takes a place for each of the claimed, and ends it there.
func begin[T any](claimed []T, places chan struct{}, working *sync.WaitGroup, end func(*T)) {
	for i := range claimed {
		places <- struct{}{}
		working.Go(func() {
			defer func() { <-places }()
			end(&claimed[i])
		})
	}
}

func (r *Reconciler) reconcile(payment *eventra.Payment) {
	p := r.processor
	if payment.Status == eventra.PaymentRefundPending {
		p.returnMoney(payment.ID)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	booking, err := p.store.Booking(ctx, payment.BookingID)
	if err != nil {
		p.log.Warn("open payment's booking not read", "paymentId", payment.ID, "bookingId", payment.BookingID, "error", err)
		return
	}
	outcome, err := p.void(payment)
	if err != nil {
		p.log.Warn("gateway failed", "paymentId", payment.ID, "bookingId", payment.BookingID, "error", err)
		return
	}
	_, _, err = p.finish(payment, booking, outcome)
	p.log.Info("open payment reconciled", "paymentId", payment.ID, "bookingId", payment.BookingID, "gateway", outcome, "answer", err)
}
