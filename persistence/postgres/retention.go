package postgres

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// RetentionMin is the least retention: a retry under an idempotency key finds the booking
// that its first try made.
const RetentionMin = 24 * time.Hour

// AuditRetentionMin is the least retention of the audit log: a trigger keeps what is younger.
const AuditRetentionMin = 30 * 24 * time.Hour

// attemptsRetention is how long bookings are kept whose payments moved no money, unless
// Retention is longer: within that time buyers ask, or dispute, what became of a payment.
const attemptsRetention = 180 * 24 * time.Hour

// endedPlace is a place in the order in which bookings ended. Those before it were purged,
// or are kept because of their payments.
type endedPlace struct {
	at time.Time
	id eventra.ID
}

// purgeUnpaid deletes bookings that nobody paid or tried to pay for.
func (db *DB) purgeUnpaid(ctx context.Context, conn *pgxpool.Conn, limit int) (deleted int64, more bool, err error) {
	return purgeBookings(ctx, conn, limit, db.retention, nil, &db.endedSeen)
}

// purgeAttempts deletes bookings whose payments moved no money, these payments, and what the
// mock gateway's books have about them.
func (db *DB) purgeAttempts(ctx context.Context, conn *pgxpool.Conn, limit int) (deleted int64, more bool, err error) {
	unmoved := []eventra.PaymentStatus{eventra.PaymentDeclined, eventra.PaymentFailed}
	return purgeBookings(ctx, conn, limit, max(db.retention, attemptsRetention), unmoved, &db.attemptsSeen)
}

// purgeBookings looks at the bookings that ended next without being confirmed, from a place
// on, and deletes those that have no payments but of these statuses, with their items' rows.
func purgeBookings(ctx context.Context, conn *pgxpool.Conn, limit int, retention time.Duration, statuses []eventra.PaymentStatus,
	place *endedPlace) (deleted int64, more bool, err error) {
	var queue pgx.Batch
	queue.Queue(deferFlushSQL)
	queue.Queue(purgeBookingsSQL, limit, retention.Microseconds(), place.at, place.id, statuses)
	results := conn.SendBatch(ctx, &queue)
	_, err = results.Exec()
	if err != nil {
		return 0, false, closeBatch(results, err)
	}
	var seen int64
	last := *place
	err = results.QueryRow().Scan(&deleted, &seen, &last.at, &last.id)
	if err = closeBatch(results, err); err != nil {
		return 0, false, err
	}
	*place = last
	return deleted, seen == int64(limit), nil
}

const purgeBookingsSQL = `
WITH seen AS (
    SELECT id, ended_at, replaced_by FROM bookings
    WHERE status IN ('EXPIRED', 'CANCELLED') AND ended_at < now() - $2::bigint * interval '1 microsecond'
        AND (ended_at, id) > ($3::timestamptz, $4::uuid)
    ORDER BY ended_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM bookings WHERE id = ANY (ARRAY (
        SELECT id FROM seen WHERE replaced_by IS NULL AND NOT EXISTS (
            SELECT FROM payments WHERE payments.booking_id = seen.id AND status <> ALL (coalesce($5::text[], '{}')))))
    RETURNING id
), tried AS (
    DELETE FROM payments WHERE booking_id = ANY (ARRAY (SELECT id FROM gone)) RETURNING id
), voided AS (
    DELETE FROM mock_charges WHERE payment_id = ANY (ARRAY (SELECT id FROM tried))
), noted AS (
    DELETE FROM booking_metadata WHERE booking_id = ANY (ARRAY (SELECT id FROM gone))
), seats AS (
    DELETE FROM booking_seats WHERE booking_id = ANY (ARRAY (SELECT id FROM gone)) RETURNING booking_id
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM tried) + (SELECT count(*) FROM seats), (SELECT count(*) FROM seen),
    coalesce(last.ended_at, $3), coalesce(last.id, $4)
FROM (VALUES (1)) AS one LEFT JOIN (SELECT ended_at, id FROM seen ORDER BY ended_at DESC, id DESC LIMIT 1) AS last ON true`

// purgeOutbox deletes the rows of mails that ended. Ids grow with time, so the primary
// key finds the old ones.
func (db *DB) purgeOutbox(ctx context.Context, conn *pgxpool.Conn, limit int) (deleted int64, more bool, err error) {
	return deleteRows(purgeOutboxSQL, db.retention.Microseconds(), firstIDAt(time.Now().Add(-db.retention)))(ctx, conn, limit)
}

const purgeOutboxSQL = `
DELETE FROM outbox WHERE booking_id = ANY (ARRAY (
    SELECT booking_id FROM outbox WHERE booking_id < $3::uuid AND sent_at < now() - $2::bigint * interval '1 microsecond'
    ORDER BY booking_id LIMIT $1 FOR UPDATE SKIP LOCKED))`

// purgeNotices does the same for the other mails. What a cancellation that is not settled
// counts stays.
func (db *DB) purgeNotices(ctx context.Context, conn *pgxpool.Conn, limit int) (deleted int64, more bool, err error) {
	return deleteRows(purgeNoticesSQL, db.retention.Microseconds(), firstIDAt(time.Now().Add(-db.retention)))(ctx, conn, limit)
}

const purgeNoticesSQL = `
DELETE FROM notices WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM notices WHERE booking_id < $3::uuid AND sent_at < now() - $2::bigint * interval '1 microsecond'
        AND NOT EXISTS (SELECT FROM cancellations AS c WHERE c.event_id = notices.event_id AND settled_at IS NULL)
    ORDER BY booking_id LIMIT $1 FOR UPDATE OF notices SKIP LOCKED))`

const purgeAuditSQL = `
DELETE FROM audit WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM audit WHERE at AT TIME ZONE 'UTC' < (now() - $2::bigint * interval '1 microsecond') AT TIME ZONE 'UTC'
    ORDER BY at AT TIME ZONE 'UTC', id LIMIT $1 FOR UPDATE SKIP LOCKED))`

// firstIDAt returns the least id (UUIDv7) of a time.
func firstIDAt(at time.Time) (id eventra.ID) {
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	return id
}
