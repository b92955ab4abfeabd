package payments

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// Store reads payments and their bookings, and notes refunds.
type Store interface {
	// Booking reads one booking, live or not. CodeNotFound if there is none.
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	// Payment reads one attempt. CodeNotFound if there is none.
	Payment(ctx context.Context, id eventra.ID) (*eventra.Payment, error)
	// OpenPayments lists attempts that have to be ended, oldest first: PENDING
	// past their grace by the store's clock, and REFUND_PENDING last changed
	// longer ago than refundAge.
	OpenPayments(ctx context.Context, refundAge time.Duration, limit int) ([]eventra.Payment, error)
	// MarkRefunded notes that the gateway has returned the money:
	// REFUND_PENDING → REFUNDED. Repeating it is harmless.
	MarkRefunded(ctx context.Context, id eventra.ID) error
}
