package eventra

import "time"

// PaymentStatus is the state of a payment:
//
//	PENDING → SUCCEEDED | DECLINED | FAILED | REFUND_PENDING
//	SUCCEEDED → REFUND_PENDING → REFUNDED
//
// The row exists, PENDING, before the gateway is asked. No payment stays PENDING.
type PaymentStatus string

// The states of a payment.
const (
	PaymentPending       PaymentStatus = "PENDING"
	PaymentSucceeded     PaymentStatus = "SUCCEEDED"
	PaymentDeclined      PaymentStatus = "DECLINED" // the payer's bank refused
	PaymentFailed        PaymentStatus = "FAILED"   // no money moved, and none will
	PaymentRefundPending PaymentStatus = "REFUND_PENDING"
	PaymentRefunded      PaymentStatus = "REFUNDED"
)

// Payment is one attempt to pay for a booking.
type Payment struct {
	ID        ID
	BookingID ID
	EventID   ID
	UserID    ID
	Method    string // "mock"
	Amount    Money
	Status    PaymentStatus
	Refusal   Code // why money that was taken bought nothing; empty for every other payment
	CreatedAt time.Time
	UpdatedAt time.Time
}

// PaymentRequest asks to pay for a held booking.
type PaymentRequest struct {
	PaymentID ID
	BookingID ID
	UserID    ID
	Method    string
	Token     string // by which the gateway knows the payer's card
}
