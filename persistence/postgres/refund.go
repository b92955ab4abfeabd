package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const refundColumns = `r.id, r.booking_id, r.payment_id, r.event_id, r.n, r.amount,
    (SELECT currency FROM payments WHERE payments.id = r.payment_id LIMIT 1), r.items, r.released, r.reason, r.status, r.created_at`

func scanRefund(row pgx.CollectableRow) (r eventra.Refund, err error) {
	err = row.Scan(&r.ID, &r.BookingID, &r.PaymentID, &r.EventID, &r.N, &r.Amount.Amount, &r.Amount.Currency,
		&r.Items, &r.Released, &r.Reason, &r.Status, &r.CreatedAt)
	return r, err
}

func (db *DB) queryRefunds(ctx context.Context, sql string, args ...any) (found []eventra.Refund, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, scanRefund)
		return err
	})
	return found, err
}

// refundedColumn is the money of a booking b that has gone back. What refunds left of a payment
// that is REFUNDED went back with it.
const refundedColumn = `CASE WHEN b.status NOT IN ('CONFIRMED', 'REFUNDED') THEN 0
    WHEN (SELECT status FROM payments WHERE payments.id = b.payment_id LIMIT 1) = 'REFUNDED' THEN b.amount
    ELSE (SELECT coalesce(sum(amount), 0) FROM refunds WHERE refunds.payment_id = b.payment_id AND refunds.status = 'SUCCEEDED') END`

// Refund reads one refund. CodeNotFound if there is none.
func (db *DB) Refund(ctx context.Context, id eventra.ID) (*eventra.Refund, error) {
	found, err := db.queryRefunds(ctx, `SELECT `+refundColumns+` FROM refunds AS r WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such refund")
	}
	return &found[0], nil
}

// PaymentRefunds lists the refunds of a payment, oldest first.
func (db *DB) PaymentRefunds(ctx context.Context, payment eventra.ID) ([]eventra.Refund, error) {
	return db.queryRefunds(ctx, paymentRefundsSQL, payment)
}

const paymentRefundsSQL = `SELECT ` + refundColumns + ` FROM refunds AS r WHERE payment_id = $1 ORDER BY n`

// BookingRefunds lists the refunds of a booking, oldest first. Payments that went back as a whole
// are the last ones. next is where the next page begins, nil on the last.
func (db *DB) BookingRefunds(
	ctx context.Context, bookingID eventra.ID, p eventra.Page,
) (found []eventra.Refund, next *eventra.Cursor, err error) {
	after, afterID := pageStart(p, pgtype.NegativeInfinity)
	found, err = db.queryRefunds(ctx, bookingRefundsSQL, bookingID, after, afterID, p.Limit+1)
	found, next = cut(found, p, func(r *eventra.Refund) eventra.Cursor { return eventra.Cursor{Time: r.CreatedAt, ID: r.ID} })
	return found, next, err
}

// paymentIDsSQL finds the payments of a booking.
const paymentIDsSQL = `SELECT id FROM payments WHERE booking_id = $1 ORDER BY booking_id, created_at LIMIT 1000`

// What is left of a payment goes back with the items that its booking still had; a payment that
// bought nothing goes back without any.
const bookingRefundsSQL = `
SELECT * FROM (
    SELECT ` + refundColumns + `
    FROM (` + paymentIDsSQL + `) AS p CROSS JOIN LATERAL (SELECT * FROM refunds WHERE payment_id = p.id ORDER BY payment_id, n LIMIT 1000) AS r
    UNION ALL
    SELECT p.id, p.booking_id, p.id, p.event_id, 0, p.amount - parts.amount, p.currency, ARRAY (
            SELECT position + 1 FROM booking_seats AS item
            WHERE item.booking_id = b.id AND whole AND NOT EXISTS (
                SELECT FROM refunds AS r WHERE r.payment_id = p.id AND released AND position + 1 = ANY (items))
            ORDER BY position),
        whole, '', CASE p.status WHEN 'REFUNDED' THEN 'SUCCEEDED' ELSE 'PENDING' END,
        CASE WHEN whole THEN b.ended_at ELSE p.updated_at END
    FROM (SELECT * FROM payments WHERE booking_id = $1 ORDER BY booking_id, created_at LIMIT 1000) AS p
    CROSS JOIN LATERAL (SELECT * FROM bookings WHERE id = p.booking_id LIMIT 1) AS b
    CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount FROM refunds AS r WHERE r.payment_id = p.id AND r.status <> 'FAILED') AS parts
    CROSS JOIN LATERAL (SELECT coalesce(b.status = 'REFUNDED' AND b.payment_id = p.id, false) AS whole) AS bought
    WHERE p.status IN ('REFUND_PENDING', 'REFUNDED')
) AS refund (id, booking_id, payment_id, event_id, n, amount, currency, items, released, reason, status, created_at)
WHERE (created_at, id) > ($2::timestamptz, $3::uuid)
ORDER BY created_at, id LIMIT $4`

// ReturnRest makes what is left of a payment due back whose booking is REFUNDED because refunds
// have released its items. Repeating it is harmless.
func (db *DB) ReturnRest(ctx context.Context, payment eventra.ID) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, returnRestSQL, payment)
		return err
	})
}

// The status is compared by an expression for which no other index offers itself.
const returnRestSQL = `
UPDATE payments SET status = 'REFUND_PENDING', updated_at = now()
WHERE id = $1 AND coalesce(status, '') = 'SUCCEEDED' AND (SELECT b.status FROM bookings AS b WHERE b.id = payments.booking_id LIMIT 1) = 'REFUNDED'
    AND amount > (SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = $1 AND status <> 'FAILED')`

// ClaimOpenRefunds gives the caller up to limit refunds that are PENDING for longer than age, as
// ClaimOpenPayments does with payments.
func (db *DB) ClaimOpenRefunds(ctx context.Context, age, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Refund, error) {
	return db.queryRefunds(ctx, claimOpenRefundsSQL, age.Microseconds(), pauseMin.Microseconds(), pauseMax.Microseconds(), limit)
}

const claimOpenRefundsSQL = `
UPDATE refunds AS r SET tries = tries + 1,
    retry_at = clock_timestamp() + least($2::bigint * 2 ^ least(tries, 20), $3::bigint) * interval '1 microsecond'
WHERE id = ANY (ARRAY (
    SELECT id FROM refunds
    WHERE status = 'PENDING'
        AND created_at NOT BETWEEN clock_timestamp() - $1::bigint * interval '1 microsecond' AND clock_timestamp()
        AND (retry_at IS NULL OR retry_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + $3::bigint * interval '1 microsecond')
    ORDER BY tries, created_at LIMIT $4 FOR UPDATE SKIP LOCKED))
RETURNING ` + refundColumns

// readRefundsSQL reads the refunds of an activation's bookings, without an order for which a
// session would read another index; releasedItemsSQL the items that these no longer have.
const (
	readRefundsSQL = `SELECT ` + refundColumns + ` FROM refunds AS r WHERE event_id = $1`

	releasedItemsSQL = `
SELECT booking_id, seat_no, section_no, position, amount, coalesce(category_no, 0), coalesce(ticket_type_no, 0)
FROM (SELECT DISTINCT booking_id AS of FROM refunds WHERE event_id = $1 AND released) AS r
CROSS JOIN LATERAL (
    SELECT booking_id, seat_no, section_no, position, amount, category_no, ticket_type_no, live FROM booking_seats
    WHERE booking_id = r.of ORDER BY position LIMIT 50
) AS item
WHERE NOT live`
)

// addRefunds gives the bookings of a snapshot their refunds. Bookings that ended have none there.
func addRefunds(rows pgx.Rows, byID map[eventra.ID]*eventra.Booking) error {
	all, err := pgx.CollectRows(rows, scanRefund)
	slices.SortFunc(all, func(a, b eventra.Refund) int { return cmp.Compare(a.N, b.N) }) // a booking has one payment that bought it
	for _, r := range all {
		b := byID[r.BookingID]
		if b == nil {
			continue
		}
		b.Refunds = append(b.Refunds, r)
		if r.Status == eventra.RefundSucceeded {
			b.Refunded += r.Amount.Amount
		}
	}
	return err
}
