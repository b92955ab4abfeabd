package payments

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// Books is a gateway that lists what it has done, so that a database which was restored to an
// earlier point can learn what it has forgotten.
type Books interface {
	// Charges lists up to limit charges that were made, voided or returned since a time, and
	// perhaps others, by the ids of their payments, which follow after.
	Charges(ctx context.Context, since time.Time, after eventra.ID, limit int) ([]BookedCharge, error)
	// Parts does the same with refunds in part, by their keys.
	Parts(ctx context.Context, since time.Time, after string, limit int) ([]BookedPart, error)
}

// BookedCharge is what the gateway knows of a payment.
type BookedCharge struct {
	PaymentID, EventID eventra.ID
	Amount             eventra.Money // zero if it was voided
	State              ChargeState
}

// ChargeState is what has become of a charge.
type ChargeState string

// The states of a charge.
const (
	ChargeTaken    ChargeState = "CHARGED"
	ChargeVoided   ChargeState = "VOIDED"   // no money was taken, and none will be
	ChargeReturned ChargeState = "REFUNDED" // what was left of it
)

// BookedPart is a refund in part: see [eventra.Refund.GatewayKey].
type BookedPart struct {
	Key                string
	PaymentID, EventID eventra.ID
	Amount             int64
	Returned           bool // false: refused, for ever
}
