package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Cancellation returns how far the refunds of a cancelled event are. CodeNotFound if no
// cancellation was started.
func (db *DB) Cancellation(ctx context.Context, eventID eventra.ID) (*eventra.Cancellation, error) {
	c := &eventra.Cancellation{EventID: eventID}
	err := db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var finished pgtype.Timestamptz
		err := conn.QueryRow(ctx, `SELECT started_at, finished_at, bookings, refunded, failed, mailed FROM cancellations WHERE event_id = $1`, eventID).
			Scan(&c.StartedAt, &finished, &c.Bookings, &c.Refunded, &c.Failed, &c.Mailed)
		c.FinishedAt = finished.Time
		return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no cancellation of that event was started"))
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ClaimCancellation gives the caller a cancellation on which work is due, until the lease
// ends. It returns nil if there is none.
func (db *DB) ClaimCancellation(ctx context.Context, lease time.Duration) (*eventra.CancellationClaim, error) {
	claim := &eventra.CancellationClaim{}
	err := db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, claimCancellationSQL, lease.Microseconds()).Scan(&claim.EventID, &claim.Until)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return claim, nil
}

// A time that is too far ahead was written before the server's clock was set back:
// countCancellationSQL writes none of more than two hours.
const claimCancellationSQL = `
UPDATE cancellations SET due_at = clock_timestamp() + $1::bigint * interval '1 microsecond'
WHERE event_id = (
    SELECT event_id FROM cancellations
    WHERE settled_at IS NULL AND due_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + interval '3 hours'
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING event_id, due_at`

// ConfirmedBookings lists up to limit CONFIRMED bookings of an event.
func (db *DB) ConfirmedBookings(ctx context.Context, eventID eventra.ID, limit int) (ids []eventra.ID, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, stillConfirmedSQL, eventID, limit)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[eventra.ID])
		return err
	})
	return ids, err
}

const stillConfirmedSQL = `SELECT id FROM bookings WHERE event_id = $1 AND status = 'CONFIRMED' LIMIT $2`

// refundFailedTries is the number of tries after which a refund counts as failed, though
// it is tried on.
const refundFailedTries = 5

// EndCancellationClaim counts what has become of the bookings and gives the claim back. As
// long as bookings are CONFIRMED, the next one is due after the pause. Nothing happens if
// the claim is over.
func (db *DB) EndCancellationClaim(ctx context.Context, claim *eventra.CancellationClaim, pause time.Duration) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, countCancellationSQL, claim.EventID, claim.Until, refundFailedTries, pause.Microseconds())
		return err
	})
}

// Refunds and mails that are under way are looked for less and less often, and counted no
// more before the purge deletes the first mails. A booking whose last items a refund by item released meanwhile has been told by
// that refund; its refund has failed if the gateway refused to return money of what it gave up, and nobody has returned the rest since.
const countCancellationSQL = `
WITH told AS (
    SELECT count(*) AS bookings, count(*) FILTER (WHERE payment.status = 'REFUNDED') AS refunded,
        count(*) FILTER (WHERE payment.status = 'REFUND_PENDING' AND payment.tries >= $3) AS failed, count(sent_at) AS mailed
    FROM notices
    CROSS JOIN LATERAL (SELECT payment_id FROM bookings WHERE id = notices.booking_id AND bookings.event_id = $1 LIMIT 1) AS booking
    CROSS JOIN LATERAL (SELECT status, tries FROM payments WHERE id = booking.payment_id AND payments.event_id = $1 LIMIT 1) AS payment
    WHERE notices.event_id = $1 AND kind = 'cancelled'
), parts AS (
    SELECT booking_id, payment_id, bool_or(status = 'PENDING') AS open, bool_or(status = 'FAILED' AND released) AS failed,
        coalesce(sum(amount) FILTER (WHERE status <> 'FAILED'), 0) AS amount, count(mail_sent_at) > 0 AS mailed
    FROM refunds WHERE event_id = $1 GROUP BY booking_id, payment_id
), parted AS (
    SELECT count(*) AS bookings,
        count(*) FILTER (WHERE payment.status = 'REFUNDED' OR payment.status = 'SUCCEEDED' AND NOT (open OR owed)) AS refunded,
        count(*) FILTER (WHERE payment.status = 'REFUND_PENDING' AND payment.tries >= $3 OR payment.status = 'SUCCEEDED' AND owed) AS failed,
        count(*) FILTER (WHERE mailed) AS mailed
    FROM parts
    CROSS JOIN LATERAL (SELECT status, amount, ended_at FROM bookings WHERE id = parts.booking_id LIMIT 1) AS booking
    CROSS JOIN LATERAL (SELECT status, tries FROM payments WHERE id = parts.payment_id LIMIT 1) AS payment
    CROSS JOIN LATERAL (SELECT parts.failed AND parts.amount < booking.amount AS owed) AS rest
    WHERE booking.status = 'REFUNDED' AND booking.ended_at >= (SELECT started_at FROM cancellations WHERE event_id = $1)
        AND (SELECT about FROM notices WHERE notices.booking_id = parts.booking_id AND kind = 'cancelled' LIMIT 1) IS NULL
), live AS (
    SELECT count(*) AS bookings, count(*) FILTER (WHERE status = 'CONFIRMED') AS confirmed
    FROM bookings WHERE event_id = $1 AND status IN ('HELD', 'CONFIRMED')
), total AS (
    SELECT live.bookings AS live, live.confirmed, told.bookings + parted.bookings AS bookings, told.refunded + parted.refunded AS refunded,
        told.failed + parted.failed AS failed, told.mailed + parted.mailed AS mailed
    FROM told, parted, live
)
UPDATE cancellations SET bookings = total.bookings + total.confirmed, refunded = total.refunded, failed = total.failed, mailed = total.mailed,
    finished_at = coalesce(finished_at, CASE WHEN total.live = 0 AND total.refunded + total.failed = total.bookings THEN now() END),
    settled_at = CASE WHEN total.live = 0 AND total.refunded = total.bookings AND total.mailed = total.bookings
        OR finished_at < now() - interval '20 hours' THEN now() END,
    due_at = clock_timestamp() + CASE WHEN total.confirmed > 0 THEN $4::bigint * interval '1 microsecond'
        ELSE least(interval '2 hours', greatest(interval '1 second', (now() - started_at) / 10)) END
FROM total
WHERE event_id = $1 AND due_at = $2`

// RefundBuyers starts the cancellation of an event that is cancelled and has none, as those
// have that an earlier release cancelled. It reports false, and does nothing, otherwise.
func (db *DB) RefundBuyers(ctx context.Context, eventID eventra.ID, reason string) (started bool, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, refundBuyersSQL, eventID, reason)
		if started = tag.RowsAffected() > 0; err != nil || !started {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(eventra.ID{}, eventra.AuditRefundBuyers, eventID,
			nil, eventra.Facts{"reason": reason}))
	})
	return started, err
}

const (
	insertCancellationSQL = `INSERT INTO cancellations (event_id, reason, started_at, due_at)`

	refundBuyersSQL = insertCancellationSQL + `
SELECT id, $2, now(), now() FROM events WHERE id = $1 AND status = 'CANCELLED' ON CONFLICT DO NOTHING`
)
