package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// executor is one that also writes.
type executor interface {
	querier
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

const bookingColumns = `id, event_id, user_id, status, amount, currency, expires_at, created_at, payment_id, paying_until, replaced_by, reference_no`

// bookingRow is the destination of bookingColumns: everything but the items.
type bookingRow struct {
	eventra.Booking
	payment, replacedBy pgtype.UUID
	payingUntil         pgtype.Timestamptz
	reference           pgtype.Int8
}

func (r *bookingRow) columns() []any {
	b := &r.Booking
	return []any{&b.ID, &b.EventID, &b.UserID, &b.Status, &b.Total.Amount, &b.Total.Currency, &b.ExpiresAt, &b.CreatedAt,
		&r.payment, &r.payingUntil, &r.replacedBy, &r.reference}
}

func (r *bookingRow) booking() *eventra.Booking {
	b := r.Booking
	b.PaymentID, b.PayingUntil, b.ReplacedBy = r.payment.Bytes, r.payingUntil.Time, r.replacedBy.Bytes
	b.Reference = eventra.Reference(r.reference.Int64)
	return &b
}

// scanBooking reads bookingColumns.
func scanBooking(row pgx.CollectableRow) (*eventra.Booking, error) {
	var r bookingRow
	err := row.Scan(r.columns()...)
	return r.booking(), err
}

// Booking reads one booking, live or not. CodeNotFound if there is none.
func (db *DB) Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	booking, err := db.bookings.Call(ctx, id)
	if err == nil && booking == nil {
		err = eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}

// readBookings reads bookings by their ids, in that order; nil where there is
// none.
func readBookings(ctx context.Context, conn *pgxpool.Conn, ids []eventra.ID) ([]*eventra.Booking, error) {
	read, err := queryBookings(ctx, conn, bookingsByIDSQL, uuidsOf(ids))
	if err != nil {
		return nil, err
	}
	found := make(map[eventra.ID]*eventra.Booking, len(read))
	for _, b := range read {
		found[b.ID] = b
	}
	bookings := make([]*eventra.Booking, len(ids))
	for i, id := range ids {
		bookings[i] = found[id]
	}
	return bookings, nil
}

const bookingsByIDSQL = `
SELECT ` + bookingColumns + `, ` + refundedColumn + `, ` + itemColumns + `
FROM (SELECT ` + bookingColumns + ` FROM bookings WHERE id = ANY ($1)) AS b` + theirItems + `
ORDER BY id, position`

// UserBookings lists a user's bookings, newest first. next is where the next
// page begins, nil on the last.
func (db *DB) UserBookings(
	ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page,
) (bookings []*eventra.Booking, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		bookings, err = queryBookings(ctx, conn, userBookingsSQL,
			userID, string(f.Status), uuid(f.EventID), before, beforeID, p.Limit+1)
		return err
	})
	bookings, next = cut(bookings, p, cursorOfBooking)
	return bookings, next, err
}

func cursorOfBooking(b **eventra.Booking) eventra.Cursor {
	return eventra.Cursor{Time: (*b).CreatedAt, ID: (*b).ID}
}

const userBookingsSQL = `
SELECT ` + bookingColumns + `, ` + refundedColumn + `, ` + itemColumns + `
FROM (
    SELECT ` + bookingColumns + ` FROM bookings
    WHERE user_id = $1 AND (created_at, id) < ($4::timestamptz, $5::uuid)
        AND ($2 = '' OR status = $2) AND ($3::uuid IS NULL OR event_id = $3)
    ORDER BY created_at DESC, id DESC LIMIT $6
) AS b` + theirItems + `
ORDER BY created_at DESC, id DESC, position`

// EventsWithHoldsDue lists up to limit events with a HELD booking whose deadline and payment
// grace lie before the time ahead of now, by the store's clock, and cancelled events with
// a HELD booking that is not being paid.
func (db *DB) EventsWithHoldsDue(ctx context.Context, ahead time.Duration, limit int) (events []eventra.ID, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, holdsDueSQL, ahead.Microseconds(), limit)
		if err != nil {
			return err
		}
		events, err = pgx.CollectRows(rows, pgx.RowTo[eventra.ID])
		return err
	})
	return events, err
}

const holdsDueSQL = `
WITH until AS (SELECT now() + $1::bigint * interval '1 microsecond' AS t)
(SELECT DISTINCT event_id FROM bookings
WHERE status = 'HELD' AND expires_at <= (SELECT t FROM until) AND (paying_until IS NULL OR paying_until <= (SELECT t FROM until))
LIMIT $2)
UNION
(SELECT event_id FROM cancellations
WHERE settled_at IS NULL AND finished_at IS NULL AND EXISTS (
    SELECT FROM bookings WHERE bookings.event_id = cancellations.event_id AND status = 'HELD' AND payment_id IS NULL)
LIMIT $2)
LIMIT $2`
