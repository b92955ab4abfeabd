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
	return b.refund(ctx, &eventra.RefundBooking{BookingID: id})
}

// RefundCancelled does the same for a booking of a cancelled event, whose buyer is told
// so by mail.
func (b *BoxOffice) RefundCancelled(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	return b.refund(ctx, &eventra.RefundBooking{BookingID: id, Cancelled: true})
}

func (b *BoxOffice) refund(ctx context.Context, cmd *eventra.RefundBooking) (*eventra.Booking, error) {
	return b.end(ctx, eventra.ID{}, cmd.BookingID, cmd, eventra.BookingRefunded, eventra.CodeNotRefundable)
}
