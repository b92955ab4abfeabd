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
	// ClaimOpenPayments gives the caller up to limit attempts that have to be ended:
	// PENDING past their grace by the store's clock, and REFUND_PENDING last changed
	// longer ago than refundAge. Those that were claimed least come first. None is
	// given out again before a pause, which doubles with each claim from pauseMin to
	// pauseMax.
	ClaimOpenPayments(ctx context.Context, refundAge, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Payment, error)
	// PaymentRefunds lists the refunds of a payment, oldest first.
	PaymentRefunds(ctx context.Context, payment eventra.ID) ([]eventra.Refund, error)
	// ClaimOpenRefunds gives the caller up to limit refunds that are PENDING for longer than
	// age, as ClaimOpenPayments does with payments.
	ClaimOpenRefunds(ctx context.Context, age, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Refund, error)
	// ReturnRest makes what is left of a payment due back whose booking is REFUNDED because
	// refunds have released its items: SUCCEEDED → REFUND_PENDING. Repeating it is harmless.
	ReturnRest(ctx context.Context, payment eventra.ID) error
	// MarkRefunded notes that the gateway has returned the money:
	// REFUND_PENDING → REFUNDED. Repeating it is harmless.
	MarkRefunded(ctx context.Context, id eventra.ID) error
}
