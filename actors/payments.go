package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// What package payments asks of the box office.

// StartPayment stores an attempt to pay for a held booking and keeps the hold
// for the command's grace. The payment is nil if the same attempt was started
// before.
func (b *BoxOffice) StartPayment(ctx context.Context, cmd *eventra.StartPayment) (*eventra.Payment, *eventra.Booking, error) {
	if event, known := b.events.bookings.get(cmd.BookingID); known {
		r, err := b.events.do(ctx, event, cmd)
		if !errors.Is(err, eventra.ErrNotLive) {
			return r.attempt(err)
		}
	}
	booking, err := b.booking(ctx, cmd.UserID, cmd.BookingID)
	if err != nil {
		return nil, nil, err
	}
	r, err := b.events.doLive(ctx, booking, cmd)
	return r.attempt(err)
}

// FinishPayment lets the event decide what the outcome of an attempt means now.
// The payment is nil if the event has its outcome already.
func (b *BoxOffice) FinishPayment(ctx context.Context, cmd *eventra.FinishPayment) (*eventra.Payment, *eventra.Booking, error) {
	r, err := b.events.do(ctx, cmd.Payment.EventID, cmd)
	return r.attempt(err)
}

// attempt returns a reply's payment and booking.
func (r *reply) attempt(err error) (*eventra.Payment, *eventra.Booking, error) {
	if err != nil {
		return nil, nil, err
	}
	return r.payment, r.booking, nil
}

// RefundBooking ends a confirmed booking and makes its money due back; doing so
// again is harmless.
func (b *BoxOffice) RefundBooking(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	return b.refund(ctx, &eventra.RefundBooking{BookingID: id, By: eventra.NamedActor(ctx)})
}

// RefundCancelled does the same for a booking of a cancelled event, whose buyer is told
// so by mail.
func (b *BoxOffice) RefundCancelled(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	return b.refund(ctx, &eventra.RefundBooking{BookingID: id, Cancelled: true})
}

func (b *BoxOffice) refund(ctx context.Context, cmd *eventra.RefundBooking) (*eventra.Booking, error) {
	return b.end(ctx, eventra.ID{}, cmd.BookingID, cmd, eventra.BookingRefunded, eventra.CodeNotRefundable)
}

// RefundItems decides about money that goes back in part. The same command again returns what
// became of the first one.
func (b *BoxOffice) RefundItems(ctx context.Context, cmd *eventra.RefundItems) (*eventra.Refund, error) {
	booking, err := b.booking(ctx, eventra.ID{}, cmd.BookingID)
	if err != nil {
		return nil, err
	}
	cmd.By = eventra.NamedActor(ctx)
	r, err := b.events.doLive(ctx, booking, cmd)
	if err == nil {
		return r.refund, nil
	}
	made, err := madeBefore(err, func() (*eventra.Refund, error) { return b.store.Refund(ctx, cmd.RefundID) })
	if errors.Is(err, eventra.ErrNotLive) {
		return nil, eventra.Errorf(eventra.CodeNotRefundable, "the booking is not confirmed, or all of its items went back")
	}
	return made, err
}

// EndRefund lets the event note the outcome of a refund, and returns the refund as it is
// stored.
func (b *BoxOffice) EndRefund(ctx context.Context, cmd *eventra.EndRefund) (*eventra.Refund, error) {
	r, err := b.events.do(ctx, cmd.Refund.EventID, cmd)
	switch {
	case err == nil:
		return r.refund, nil
	case errors.Is(err, eventra.ErrRefusedByStore):
		return b.store.Refund(ctx, cmd.Refund.ID)
	}
	return nil, err
}
