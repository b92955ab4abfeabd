package payments

import (
	"context"

	"github.com/eventra/eventra"
)

// Gateway moves the money. The payment's id is the idempotency key of each
// call.
type Gateway interface {
	// Charge takes the amount. CodePaymentDeclined if the payer's bank refuses.
	// Any other error, also that of a voided payment, leaves open whether money
	// moved.
	Charge(ctx context.Context, p eventra.Payment, token string) error
	// Void prevents every later charge for this payment and reports whether one
	// had happened before.
	Void(ctx context.Context, p eventra.Payment) (charged bool, err error)
	// Refund returns a charge.
	Refund(ctx context.Context, p eventra.Payment) error
}
