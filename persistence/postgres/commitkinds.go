package postgres

import "github.com/eventra/eventra"

// statement writes all changes of one kind. A guarded one refuses single
// changes and answers with the ids of those it wrote, by booking or by payment.
type statement struct {
	sql       string
	guarded   bool
	byPayment bool
	columns   func(*eventra.Batch, *write) []any
}

var statements = [...]statement{
	eventra.Held: {sql: heldSQL, guarded: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), b.Hold.Microseconds(), w.bookings, w.users, w.amounts, w.currencies,
			w.seats, w.seatBookings, w.positions, w.seatAmounts}
	}},
	eventra.Released: {sql: releasedSQL, columns: freeingColumns},
	eventra.Refunded: {sql: refundedSQL, columns: freeingColumns},
	eventra.Expired:  {sql: expiredSQL, columns: freeingColumns, guarded: true},
	eventra.PaymentStarted: {sql: paymentStartedSQL, guarded: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, w.bookings, w.payments, w.users, w.methods, w.amounts, w.currencies, w.grace}
	}},
	eventra.PaymentEnded: {sql: paymentEndedSQL, guarded: true, byPayment: true, columns: func(_ *eventra.Batch, w *write) []any {
		return []any{w.payments, w.statuses, w.bookings}
	}},
	eventra.Confirmed: {sql: confirmedSQL, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), w.bookings, w.payments, w.seats, w.seatBookings}
	}},
	eventra.Rebooked: {sql: rebookedSQL, guarded: true, byPayment: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), w.payments, w.replaced, w.bookings, w.users, w.amounts, w.currencies,
			w.seats, w.seatBookings, w.positions, w.seatAmounts}
	}},
	eventra.RefundDue: {sql: refundDueSQL, guarded: true, byPayment: true, columns: func(_ *eventra.Batch, w *write) []any {
		return []any{w.payments}
	}},
}

func freeingColumns(b *eventra.Batch, w *write) []any {
	return []any{b.EventID, int64(b.Version), w.bookings, w.seats, w.seatBookings}
}
