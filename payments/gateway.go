package payments

import (
	"context"

	"github.com/eventra/eventra"
)

// Gateway moves the money. The payment's id is the idempotency key of each
// call but RefundPart.
type Gateway interface {
	// Charge takes the amount. CodePaymentDeclined if the payer's bank refuses.
	// Any other error, also that of a voided payment, leaves open whether money
	// moved.
	Charge(ctx context.Context, p eventra.Payment, token string) error
	// Void prevents every later charge for this payment and reports whether one
	// had happened before.
	Void(ctx context.Context, p eventra.Payment) (charged bool, err error)
	// Refund returns what is left of a charge.
	Refund(ctx context.Context, p eventra.Payment) error
	// RefundPart returns an amount of a charge, once under the refund's own key however often
	// it is called. An error that is ErrRefundRefused proves that no money has moved under the
	// key, and that none will; any other error leaves that open.
	RefundPart(ctx context.Context, r eventra.Refund) error
}
