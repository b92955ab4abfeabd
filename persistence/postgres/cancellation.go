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
// more before the purge deletes the first mails.
const countCancellationSQL = `
WITH told AS (
    SELECT count(*) AS bookings, count(*) FILTER (WHERE payment.status = 'REFUNDED') AS refunded,
        count(*) FILTER (WHERE payment.status = 'REFUND_PENDING' AND payment.tries >= $3) AS failed, count(sent_at) AS mailed
    FROM notices
    CROSS JOIN LATERAL (SELECT payment_id FROM bookings WHERE id = notices.booking_id AND bookings.event_id = $1 LIMIT 1) AS booking
    CROSS JOIN LATERAL (SELECT status, tries FROM payments WHERE id = booking.payment_id AND payments.event_id = $1 LIMIT 1) AS payment
    WHERE notices.event_id = $1 AND kind = 'cancelled'
), live AS (
    SELECT count(*) AS bookings, count(*) FILTER (WHERE status = 'CONFIRMED') AS confirmed
    FROM bookings WHERE event_id = $1 AND status IN ('HELD', 'CONFIRMED')
)
UPDATE cancellations SET bookings = told.bookings + live.confirmed, refunded = told.refunded, failed = told.failed, mailed = told.mailed,
    finished_at = coalesce(finished_at, CASE WHEN live.bookings = 0 AND told.refunded + told.failed = told.bookings THEN now() END),
    settled_at = CASE WHEN live.bookings = 0 AND told.refunded = told.bookings AND told.mailed = told.bookings
        OR finished_at < now() - interval '20 hours' THEN now() END,
    due_at = clock_timestamp() + CASE WHEN live.confirmed > 0 THEN $4::bigint * interval '1 microsecond'
        ELSE least(interval '2 hours', greatest(interval '1 second', (now() - started_at) / 10)) END
FROM told, live
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
