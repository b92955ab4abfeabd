package payments

import (
	"context"

	"github.com/eventra/eventra"
)

// Events decide what payments mean for bookings. An event answers
// [eventra.ErrNotLive] or [eventra.ErrRefusedByStore] when only the store can
// tell the outcome.
type Events interface {
	// StartPayment stores the attempt as PENDING and keeps the booking's hold
	// for the command's grace. The payment is nil if the same attempt was
	// started before.
	StartPayment(ctx context.Context, cmd *eventra.StartPayment) (*eventra.Payment, *eventra.Booking, error)
	// FinishPayment decides what the attempt's outcome means now and stores
	// that. The payment is nil if the attempt has ended before; the booking is
	// nil if none is live after it.
	FinishPayment(ctx context.Context, cmd *eventra.FinishPayment) (*eventra.Payment, *eventra.Booking, error)
	// RefundBooking ends a confirmed booking and makes its money due back. It
	// returns the refunded booking, also if it was refunded before.
	// CodeNotRefundable if the booking was never confirmed, CodeNotFound if
	// there is none.
	RefundBooking(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error)
	// RefundItems decides about money that goes back in part, and stores that as PENDING. The
	// same command again returns what was made of the first one. CodeNotRefundable if the
	// booking is not confirmed, CodeItemReleased, CodeRefundExceedsPayment, CodeNotFound.
	RefundItems(ctx context.Context, cmd *eventra.RefundItems) (*eventra.Refund, error)
	// EndRefund stores the outcome of a refund, and returns the refund as it is stored.
	EndRefund(ctx context.Context, cmd *eventra.EndRefund) (*eventra.Refund, error)
	// RefundCancelled does the same because the event is cancelled, and the buyer is told by
	// mail. CodeUnavailable if the event's owner is a member of the release before, which
	// would not tell.
	RefundCancelled(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error)
}
