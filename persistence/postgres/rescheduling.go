package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Rescheduled reports whether a rescheduling was made.
func (db *DB) Rescheduled(ctx context.Context, id eventra.ID) (made bool, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM reschedulings WHERE id = $1)`, id).Scan(&made)
	})
	return made, err
}

// TellRescheduled writes up to limit mails about an event that was moved, and reports whether
// there may be more. What it writes is committed together with how far it is, so that any
// instance goes on after a crash.
func (db *DB) TellRescheduled(ctx context.Context, limit int) (more bool, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, tellRescheduledSQL, limit).Scan(&more)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return more, err
}

// Whoever booked later has tickets, or a hold, with the new time and place. Ids grow with time, but not
// among instances, so those of earlier bookings may be the larger ones. The OFFSET keeps the order from offering
// the primary key, by which the bookings of all events would be read.
const tellRescheduledSQL = `
WITH job AS (
    SELECT id, event_id, created_at, told FROM reschedulings WHERE finished_at IS NULL ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
), wave AS (
    SELECT live.id, job.event_id, job.id AS about
    FROM job CROSS JOIN LATERAL (
        SELECT id FROM (
            SELECT id FROM bookings
            WHERE event_id = job.event_id AND status IN ('HELD', 'CONFIRMED') AND bookings.created_at <= job.created_at
            OFFSET 0) AS theirs
        WHERE job.told IS NULL OR id > job.told
        ORDER BY id LIMIT $1) AS live
), written AS (
    INSERT INTO notices (booking_id, kind, about, event_id, created_at, due_at)
    SELECT id, 'rescheduled', about, event_id, now(), now() FROM wave
    ON CONFLICT DO NOTHING
)
UPDATE reschedulings SET told = coalesce((SELECT id FROM wave ORDER BY id DESC LIMIT 1), reschedulings.told),
    finished_at = CASE WHEN (SELECT count(*) FROM wave) < $1 THEN now() END
WHERE reschedulings.id = (SELECT id FROM job)
RETURNING true`
