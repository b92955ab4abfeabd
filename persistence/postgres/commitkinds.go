package postgres

import (
	"cmp"

	"github.com/eventra/eventra"
)

// keyedHeld is Held with an idempotency key. It is a kind of change in this package only,
// so that holds without a key do not pay for it.
const keyedHeld = eventra.RefundEnded + 1

// kindOf is the kind whose statement writes the change.
func kindOf(c *eventra.Change) eventra.ChangeKind {
	if c.Kind == eventra.Held && c.Attempt != nil {
		return keyedHeld
	}
	return c.Kind
}

// statement writes all changes of one kind. A guarded statement refuses single
// changes and returns the ids of those it wrote: of their bookings, or of their
// payments or refunds. One that books returns the references of the new bookings, too, in the
// same order.
type statement struct {
	sql       string
	aloneSQL  string // of a batch that commits alone; empty: the same
	guarded   bool
	books     bool
	byPayment bool
	byRefund  bool
	columns   func(*write) []any
}

var statements = [...]statement{
	eventra.Held: {sql: heldSQL, guarded: true, books: true, columns: heldColumns},
	keyedHeld: {sql: keyedHeldSQL, aloneSQL: keyedHeldAloneSQL, guarded: true, books: true, columns: func(w *write) []any {
		return append(heldColumns(w), w.keyColumns()...)
	}},
	eventra.Released: {sql: releasedSQL, columns: freeingColumns},
	eventra.Refunded: {sql: refundedSQL, columns: func(w *write) []any {
		return append(freeingColumns(w), w.notices.bookings, w.notices.kinds, w.notices.abouts, w.notices.amounts, w.notices.events)
	}},
	eventra.Expired: {sql: expiredSQL, columns: freeingColumns, guarded: true},
	eventra.PaymentStarted: {sql: paymentStartedSQL, guarded: true, columns: func(w *write) []any {
		return []any{w.events, w.bookings, w.payments, w.users, w.methods, w.amounts, w.currencies, w.grace}
	}},
	eventra.PaymentEnded: {sql: paymentEndedSQL, guarded: true, byPayment: true, columns: endingColumns},
	eventra.RefundDue:    {sql: paymentEndedSQL, guarded: true, byPayment: true, columns: endingColumns},
	eventra.Confirmed: {sql: confirmedSQL, columns: func(w *write) []any {
		return append(append([]any{w.bookings, w.payments}, w.changedSeats()...), w.events)
	}},
	eventra.Rebooked: {sql: rebookedSQL, guarded: true, books: true, byPayment: true, columns: func(w *write) []any {
		return append([]any{w.events, w.payments, w.replaced, w.bookings, w.users, w.amounts, w.currencies}, w.takenSeats()...)
	}},
	eventra.ItemsRefunded: {sql: itemsRefundedSQL, guarded: true, byRefund: true, columns: itemsRefundedColumns},
	eventra.RefundEnded:   {sql: refundEndedSQL, guarded: true, byRefund: true, columns: refundEndedColumns},
	eventra.Blocked:       {sql: blockedSQL, guarded: true, columns: blockingColumns},
	eventra.Unblocked:     {sql: unblockedSQL, guarded: true, columns: blockingColumns},
}

// inAlone is the statement for a batch that commits alone.
func (s statement) inAlone() string { return cmp.Or(s.aloneSQL, s.sql) }

// inMerged is the statement for batches that commit together.
func (s statement) inMerged() string { return s.sql }

func heldColumns(w *write) []any {
	return append([]any{w.events, w.bookings, w.users, w.amounts, w.currencies, w.holds}, w.takenSeats()...)
}

// keyColumns are the keys of the holds, in the order of [byKey].
func (w *write) keyColumns() []any {
	at, _ := newAttemptColumns(w.attempts)
	return []any{at.users, at.routes, at.keys, at.hashes, at.resources}
}

func endingColumns(w *write) []any { return []any{w.payments, w.statuses, w.refusals, w.bookings} }

func freeingColumns(w *write) []any { return append([]any{w.bookings}, w.changedSeats()...) }

func (w *write) changedSeats() []any {
	return []any{w.batches, w.versions, w.seatEvents, w.seats, w.seatBookings}
}

func (w *write) takenSeats() []any {
	return append(append(w.changedSeats(), w.positions, w.seatAmounts, w.categories, w.ticketTypes), w.customers.args()...)
}
