package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const bookingColumns = `id, event_id, user_id, status, amount, currency, expires_at, created_at, payment_id, paying_until, replaced_by`

// scanBooking reads bookingColumns: everything but the seats.
func scanBooking(row pgx.CollectableRow) (*eventra.Booking, error) {
	b := &eventra.Booking{}
	var payment, replacedBy pgtype.UUID
	var payingUntil pgtype.Timestamptz
	err := row.Scan(&b.ID, &b.EventID, &b.UserID, &b.Status, &b.Total.Amount, &b.Total.Currency, &b.ExpiresAt, &b.CreatedAt,
		&payment, &payingUntil, &replacedBy)
	b.PaymentID, b.PayingUntil, b.ReplacedBy = payment.Bytes, payingUntil.Time, replacedBy.Bytes
	return b, err
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
	var queue pgx.Batch
	wanted := make(uuids, len(ids))
	for i, id := range ids {
		wanted[i] = uuid(id)
	}
	queue.Queue(bookingsByIDSQL, wanted)
	queue.Queue(bookingSeatsSQL, wanted)
	results := conn.SendBatch(ctx, &queue)
	found, err := readBookingResults(results)
	if err = closeBatch(results, err); err != nil {
		return nil, err
	}
	bookings := make([]*eventra.Booking, len(ids))
	for i, id := range ids {
		bookings[i] = found[id]
	}
	return bookings, nil
}

const bookingsByIDSQL = `SELECT ` + bookingColumns + ` FROM bookings WHERE id = ANY ($1)`

// readBookingResults reads the bookings from one result and their seats from the
// next. The two are of different snapshots, which agree because the seats of a
// booking never change.
func readBookingResults(results pgx.BatchResults) (map[eventra.ID]*eventra.Booking, error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	bookings, err := pgx.CollectRows(rows, scanBooking)
	if err != nil {
		return nil, err
	}
	found := make(map[eventra.ID]*eventra.Booking, len(bookings))
	for _, b := range bookings {
		found[b.ID] = b
	}
	if rows, err = results.Query(); err != nil {
		return nil, err
	}
	return found, scanSeats(rows, func(booking eventra.ID, seat eventra.BookedSeat) {
		if b := found[booking]; b != nil { // else it was made between the two snapshots
			b.Seats = append(b.Seats, seat)
		}
	})
}

// UserBookings lists a user's bookings, newest first. next is where the next
// page begins, nil on the last.
func (db *DB) UserBookings(
	ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page,
) (bookings []*eventra.Booking, next *eventra.Cursor, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		before, beforeID := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, eventra.ID{}
		if p.Cursor != nil {
			before, beforeID = pgtype.Timestamptz{Time: p.Cursor.Time, Valid: true}, p.Cursor.ID
		}
		bookings, err = queryBookings(ctx, conn, userBookingsSQL,
			userID, string(f.Status), uuid(f.EventID), before, beforeID, p.Limit+1)
		return err
	})
	if err == nil && len(bookings) > p.Limit {
		bookings = bookings[:p.Limit]
		last := bookings[p.Limit-1]
		next = &eventra.Cursor{Time: last.CreatedAt, ID: last.ID}
	}
	return bookings, next, err
}

const userBookingsSQL = `SELECT ` + bookingColumns + ` FROM bookings
WHERE user_id = $1 AND (created_at, id) < ($4::timestamptz, $5::uuid)
    AND ($2 = '' OR status = $2) AND ($3::uuid IS NULL OR event_id = $3)
ORDER BY created_at DESC, id DESC LIMIT $6`

// queryBookings reads bookings and then their seats.
func queryBookings(ctx context.Context, q querier, sql string, args ...any) ([]*eventra.Booking, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	bookings, err := pgx.CollectRows(rows, scanBooking)
	if err != nil || len(bookings) == 0 {
		return bookings, err
	}
	byID := make(map[eventra.ID]*eventra.Booking, len(bookings))
	ids := make(uuids, len(bookings))
	for i, b := range bookings {
		byID[b.ID], ids[i] = b, uuid(b.ID)
	}
	return bookings, eachSeat(ctx, q, ids, func(booking eventra.ID, seat eventra.BookedSeat) {
		byID[booking].Seats = append(byID[booking].Seats, seat)
	})
}

// eachSeat calls f for the seats of bookings, in each booking's order.
func eachSeat(ctx context.Context, q querier, bookings uuids, f func(eventra.ID, eventra.BookedSeat)) error {
	rows, err := q.Query(ctx, bookingSeatsSQL, bookings)
	if err != nil {
		return err
	}
	return scanSeats(rows, f)
}

// scanSeats reads the rows of bookingSeatsSQL.
func scanSeats(rows pgx.Rows, f func(eventra.ID, eventra.BookedSeat)) error {
	var id eventra.ID
	var s eventra.BookedSeat
	into := []any{&id, &s.No, &s.Section, &s.Row, &s.Number, &s.Price.Amount, &s.Price.Currency}
	_, err := pgx.ForEachRow(rows, into, func() error {
		f(id, s)
		return nil
	})
	return err
}

const bookingSeatsSQL = `
SELECT s.booking_id, s.seat_no, section, row_label, number, s.amount, currency
FROM booking_seats AS s CROSS JOIN LATERAL (SELECT section, row_label, number, currency FROM seats` + seatByNumber + `) AS seat
WHERE s.booking_id = ANY ($1) ORDER BY s.booking_id, position`

// EventsWithHoldsDue lists events with a HELD booking whose deadline and payment
// grace lie before the time ahead of now, by the store's clock.
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
SELECT DISTINCT event_id FROM bookings
WHERE status = 'HELD' AND expires_at <= (SELECT t FROM until) AND (paying_until IS NULL OR paying_until <= (SELECT t FROM until))
LIMIT $2`
