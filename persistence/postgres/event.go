package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// PutTerms copies to the authority what a sale and its mails need of an event.
// It ignores terms that are older than the stored ones, so copies may arrive late
// and repeatedly. Changed terms take an epoch, so that every activation loads
// them before it sells anything more. With the terms of an event that was cancelled its
// cancellation begins; those of one that was moved note whom to tell what. Entries of the
// audit log that come with the event are written in the same transaction, also with terms that are ignored.
func (db *DB) PutTerms(ctx context.Context, e *eventra.Event) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		terms, sql := e.SaleTerms(), putTermsSQL
		args := []any{e.ID, string(terms.Status), terms.SaleStartsAt, terms.SaleEndsAt, terms.HoldSeconds,
			terms.MaxSeatsPerBooking, terms.EverPublished, e.Title, venueLine(e.Venue), e.StartsAt, e.Venue.Timezone, e.Version,
			terms.MaxSeatsPerCustomer, string(terms.OrphanRule.OrDefault()), terms.CustomerLimit()}
		switch r := e.Rescheduling; {
		case e.Cancellation != nil:
			sql, args = putCancelledSQL, append(args, e.Cancellation.Reason)
		case r != nil:
			sql, args = putRescheduledSQL, append(args, r.ID, r.Message, r.WasStartsAt, venueLine(r.WasVenue), r.WasVenue.Timezone)
		}
		if len(e.Audit) == 0 {
			_, err := conn.Exec(ctx, sql, args...)
			return err
		}
		var queue pgx.Batch
		queue.Queue(sql, args...)
		queueAudit(&queue, e.Audit...)
		return conn.SendBatch(ctx, &queue).Close()
	})
}

const putTermsSQL = `
INSERT INTO events AS stored (id, status, sale_starts_at, sale_ends_at, hold_seconds, max_seats_per_booking,
    ever_published, title, venue, starts_at, timezone, details_version, max_seats_per_customer, orphan_rule,
    customer_limit_highest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13::int, 0), $14, $15)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, sale_starts_at = excluded.sale_starts_at, sale_ends_at = excluded.sale_ends_at,
    hold_seconds = excluded.hold_seconds, max_seats_per_booking = excluded.max_seats_per_booking,
    max_seats_per_customer = excluded.max_seats_per_customer, orphan_rule = excluded.orphan_rule,
    customer_limit_highest = CASE WHEN stored.customer_limit_highest IS NOT NULL -- null stays: no limit held its first buyers back
        THEN greatest(stored.customer_limit_highest, excluded.customer_limit_highest) END,
    ever_published = excluded.ever_published, title = excluded.title, venue = excluded.venue, starts_at = excluded.starts_at, timezone = excluded.timezone,
    details_version = excluded.details_version, updated_at = now(),
    epoch = stored.epoch + ((stored.status, stored.sale_starts_at, stored.sale_ends_at, stored.hold_seconds, stored.max_seats_per_booking,
            stored.ever_published, stored.max_seats_per_customer, stored.orphan_rule)
        IS DISTINCT FROM
        (excluded.status, excluded.sale_starts_at, excluded.sale_ends_at, excluded.hold_seconds, excluded.max_seats_per_booking,
            excluded.ever_published, excluded.max_seats_per_customer, excluded.orphan_rule))::int
WHERE stored.details_version <= excluded.details_version`

const putCancelledSQL = `WITH put AS (` + putTermsSQL + ` RETURNING id)
` + insertCancellationSQL + ` SELECT id, $16, now(), now() FROM put ON CONFLICT DO NOTHING`

const putRescheduledSQL = `WITH put AS (` + putTermsSQL + ` RETURNING id)
INSERT INTO reschedulings (id, event_id, message, was_starts_at, was_venue, was_timezone, starts_at, venue, timezone, created_at)
SELECT $16::uuid, id, $17::text, $18::timestamptz, $19::text, $20::text, $10::timestamptz, $9::text, $11::text, now() FROM put
ON CONFLICT DO NOTHING`

// venueLine is the venue as a ticket prints it.
func venueLine(v eventra.Venue) string {
	var parts []string
	for _, part := range []string{v.Name, v.Address, v.City, v.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// DeleteEvent deletes an event and its seats from the authority.
// CodeEventHasBookings if it ever had a booking. An id without an event is no
// error.
func (db *DB) DeleteEvent(ctx context.Context, id eventra.ID) error {
	return db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, allowBulkSQL); err != nil {
			return err
		}
		// While the row is locked, no batch of this event is in flight.
		var title, status string
		var seats int
		err := tx.QueryRow(ctx, `SELECT title, status, seats_total FROM events WHERE id = $1 FOR UPDATE`, id).Scan(&title, &status, &seats)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var booked bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM bookings WHERE event_id = $1)`, id).Scan(&booked); err != nil {
			return err
		}
		if booked {
			return eventra.Errorf(eventra.CodeEventHasBookings, "the event has bookings")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM events WHERE id = $1`, id); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(eventra.ID{}, eventra.AuditEventDelete, id,
			eventra.Facts{"title": title, "status": status, "seatsTotal": seats}, nil))
	})
}

const seatsTotalOfSQL = `
SELECT seats_total + coalesce((SELECT sum(capacity) FROM sections WHERE event_id = events.id), 0)::int FROM events WHERE id = $1`

// SeatsTotal counts the seats and places of an event. CodeEventNotFound if there is none.
func (db *DB) SeatsTotal(ctx context.Context, id eventra.ID) (total int, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		err := conn.QueryRow(ctx, seatsTotalOfSQL, id).Scan(&total)
		return orNotFound(err, eventra.NoSuchEvent())
	})
	return total, err
}

// orNotFound turns the absence of a row into another error.
func orNotFound(err error, notFound *eventra.Error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound
	}
	return err
}
