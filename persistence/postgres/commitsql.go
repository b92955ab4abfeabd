package postgres

import "github.com/eventra/eventra"

// The fence. FOR SHARE lets batches of one activation overlap and keeps the
// next activation, which updates the row, waiting until they have ended.
const fenceSQL = `
SELECT now(), eventra_assert(count(*) = 1, 'EV001')
FROM (SELECT FROM events WHERE id = $1 AND epoch = $2 FOR SHARE) fence`

// In one order everywhere, so that writers never wait for each other in a circle.
const lockSeatsSQL = `
SELECT eventra_assert(count(*) = cardinality($2::int[]), 'EV002')
FROM (SELECT FROM seats WHERE event_id = $1 AND seat_no = ANY ($2) ORDER BY seat_no FOR UPDATE) locked`

// statement writes all changes of one kind. A guarded one refuses single
// changes and answers with the ids of those it wrote, by booking or by payment.
type statement struct {
	sql       string
	guarded   bool
	byPayment bool
	columns   func(*eventra.Batch, *write) []any
}

var statements = [...]statement{
	eventra.Held: {sql: heldSQL, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), b.Hold.Microseconds(), w.bookings, w.users, w.amounts, w.currencies,
			w.seats, w.seatBookings, w.positions, w.seatAmounts}
	}},
	eventra.Released: {sql: releasedSQL, columns: freeingColumns},
	eventra.Refunded: {sql: refundedSQL, columns: freeingColumns},
	eventra.Expired:  {sql: expiredSQL, columns: freeingColumns, guarded: true},
	eventra.PaymentStarted: {sql: paymentStartedSQL, guarded: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, w.bookings, w.payments, w.users, w.methods, w.amounts, w.currencies, w.grace}
	}},
	eventra.PaymentEnded: {sql: paymentEndedSQL, guarded: true, byPayment: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, w.payments, w.statuses, w.bookings}
	}},
	eventra.Confirmed: {sql: confirmedSQL, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), w.bookings, w.payments, w.seats, w.seatBookings}
	}},
	eventra.Rebooked: {sql: rebookedSQL, guarded: true, byPayment: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, int64(b.Version), w.payments, w.replaced, w.bookings, w.users, w.amounts, w.currencies,
			w.seats, w.seatBookings, w.positions, w.seatAmounts}
	}},
	eventra.RefundDue: {sql: refundDueSQL, guarded: true, byPayment: true, columns: func(b *eventra.Batch, w *write) []any {
		return []any{b.EventID, w.payments}
	}},
}

func freeingColumns(b *eventra.Batch, w *write) []any {
	return []any{b.EventID, int64(b.Version), w.bookings, w.seats, w.seatBookings}
}

const heldSQL = `
WITH booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at)
    SELECT id, $1, user_id, 'HELD', amount, currency, now() + $3::bigint * interval '1 microsecond', now()
    FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::text[]) AS b (id, user_id, amount, currency)
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
    SELECT booking_id, $1, seat_no, position, amount, true
    FROM unnest($8::int[], $9::uuid[], $10::int[], $11::bigint[]) AS s (seat_no, booking_id, position, amount)
), taken AS (
    UPDATE seats SET status = 'HELD', booking_id = s.booking_id, version = $2
    FROM unnest($8::int[], $9::uuid[]) AS s (seat_no, booking_id)
    WHERE seats.event_id = $1 AND seats.seat_no = s.seat_no AND seats.status = 'AVAILABLE'
    RETURNING 1
)
SELECT eventra_assert((SELECT count(*) FROM taken) = cardinality($8::int[]), 'EV002')`

const releasedSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'CANCELLED', ended_at = now()
    WHERE id = ANY ($3::uuid[]) AND event_id = $1 AND status = 'HELD' AND payment_id IS NULL
    RETURNING 1
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($3::uuid[])
    AND (SELECT count(*) FROM freed) = cardinality($4::int[])
    AND (SELECT count(*) FROM unlisted) = cardinality($4::int[]), 'EV002')`

const refundedSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'REFUNDED', ended_at = now()
    WHERE id = ANY ($3::uuid[]) AND event_id = $1 AND status = 'CONFIRMED'
    RETURNING id, payment_id
), owed AS (
    UPDATE payments SET status = 'REFUND_PENDING', updated_at = now()
    FROM ended WHERE payments.id = ended.payment_id AND payments.booking_id = ended.id AND payments.status = 'SUCCEEDED'
    RETURNING 1
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($3::uuid[])
    AND (SELECT count(*) FROM owed) = cardinality($3::uuid[])
    AND (SELECT count(*) FROM freed) = cardinality($4::int[])
    AND (SELECT count(*) FROM unlisted) = cardinality($4::int[]), 'EV002')`

// freeSQL gives all seats of the parameters back.
const freeSQL = `, unlisted AS (
    UPDATE booking_seats SET live = false
    FROM unnest($4::int[], $5::uuid[]) AS s (seat_no, booking_id)
    WHERE booking_seats.booking_id = s.booking_id AND booking_seats.seat_no = s.seat_no AND live
    RETURNING 1
), freed AS (
    UPDATE seats SET status = 'AVAILABLE', booking_id = NULL, version = $2
    FROM unnest($4::int[], $5::uuid[]) AS s (seat_no, booking_id)
    WHERE seats.event_id = $1 AND seats.seat_no = s.seat_no AND seats.booking_id = s.booking_id
    RETURNING 1
)`

// A hold whose time is not over is left out; one that is no hold is a contradiction.
const expiredSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'EXPIRED', ended_at = now()
    WHERE id = ANY ($3::uuid[]) AND event_id = $1 AND status = 'HELD'
        AND expires_at <= now() AND (paying_until IS NULL OR paying_until <= now())
    RETURNING id
), theirs AS (
    SELECT seat_no, booking_id
    FROM unnest($4::int[], $5::uuid[]) AS s (seat_no, booking_id) JOIN ended ON ended.id = s.booking_id
), unlisted AS (
    UPDATE booking_seats SET live = false FROM theirs
    WHERE booking_seats.booking_id = theirs.booking_id AND booking_seats.seat_no = theirs.seat_no AND live
    RETURNING 1
), freed AS (
    UPDATE seats SET status = 'AVAILABLE', booking_id = NULL, version = $2 FROM theirs
    WHERE seats.event_id = $1 AND seats.seat_no = theirs.seat_no AND seats.booking_id = theirs.booking_id
    RETURNING 1
)
SELECT ARRAY (SELECT id FROM ended), eventra_assert(
    (SELECT count(*) FROM bookings WHERE id = ANY ($3::uuid[]) AND event_id = $1 AND status = 'HELD') = cardinality($3::uuid[])
    AND (SELECT count(*) FROM freed) = (SELECT count(*) FROM theirs)
    AND (SELECT count(*) FROM unlisted) = (SELECT count(*) FROM theirs), 'EV002')`
