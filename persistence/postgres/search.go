package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// SearchBookings lists everybody's bookings, newest first. next is where the next page begins, nil
// on the last.
func (db *DB) SearchBookings(
	ctx context.Context, s eventra.BookingSearch, p eventra.Page,
) (found []*eventra.Booking, next *eventra.Cursor, err error) {
	sql, args := searchSQL(&s, p)
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, err = queryBookings(ctx, conn, sql, args...)
		return err
	})
	found, next = cut(found, p, cursorOfBooking)
	return found, next, err
}

// searchSQL returns a statement and its parameters. What narrows the list most decides which.
func searchSQL(s *eventra.BookingSearch, p eventra.Page) (sql string, args []any) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	if p.Cursor == nil && !s.To.IsZero() {
		before = pgtype.Timestamptz{Time: s.To, Valid: true}
	}
	from := pgtype.Timestamptz{Time: s.From, Valid: true}
	if s.From.IsZero() {
		from.InfinityModifier = pgtype.NegativeInfinity
	}
	args = []any{before, beforeID, from, p.Limit + 1, searchedStatuses(s.Status)}
	switch {
	case !s.Reference.IsZero():
		return searchByReferenceSQL, append(args, uuid(s.EventID), s.Email, int64(s.Reference))
	case s.Seat != nil:
		return searchBySeatSQL, append(args, s.EventID, s.Email, s.Seat.Section, s.Seat.Row, s.Seat.Number)
	case s.Email != "":
		return searchByEmailSQL, append(args, uuid(s.EventID), s.Email)
	case !s.EventID.IsZero():
		return searchByEventSQL, append(args, s.EventID)
	}
	return searchByTimeSQL, args
}

var statusesEver = texts{string(eventra.BookingHeld), string(eventra.BookingConfirmed), string(eventra.BookingExpired),
	string(eventra.BookingCancelled), string(eventra.BookingRefunded)}

func searchedStatuses(status eventra.BookingStatus) texts {
	if status == "" {
		return statusesEver
	}
	return texts{string(status)}
}

// Each search looks up, newest first, at most a page for each status, customer or seat, and sorts what it
// found.
const (
	// Only this one asks for a status in the form that the index by time has.
	searchByTimeSQL = searchBegin + `
    FROM unnest($5::text[]) AS wanted (status)
    CROSS JOIN LATERAL (SELECT ` + bookingColumns + ` FROM bookings WHERE coalesce(bookings.status, '') = wanted.status` + searchPage + `) AS found` + searchEnd

	searchByEventSQL = searchBegin + `
    FROM unnest($5::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT ` + bookingColumns + ` FROM bookings WHERE event_id = $6 AND bookings.status = wanted.status` + searchPage + `) AS found` + searchEnd

	searchByEmailSQL = searchBegin + `
    FROM (` + customersByEmailSQL + `) AS customer
    CROSS JOIN LATERAL (
        SELECT ` + bookingColumns + ` FROM bookings
        WHERE user_id = customer.id AND status = ANY ($5::text[]) AND ($6::uuid IS NULL OR event_id = $6)` + searchPage + `) AS found` + searchEnd

	// The OFFSET keeps the seat's number, the key of all that follows, from being looked up again for each row.
	searchBySeatSQL = searchBegin + `
    FROM (SELECT seat_no FROM seats WHERE event_id = $6 AND section = $8 AND row_label = $9 AND number = $10 OFFSET 0) AS seat
    CROSS JOIN LATERAL (` + bookingsOfSeatSQL + `) AS had
    CROSS JOIN LATERAL (
        SELECT ` + bookingColumns + ` FROM bookings
        WHERE id = had.booking_id AND status = ANY ($5::text[])
            AND ($7 = '' OR user_id = ANY (ARRAY (` + customersByEmailSQL + `)))` + searchPage + `) AS found` + searchEnd

	searchByReferenceSQL = searchBegin + `
    FROM (
        SELECT ` + bookingColumns + ` FROM bookings
        WHERE reference_no = $8 AND status = ANY ($5::text[]) AND ($6::uuid IS NULL OR event_id = $6)
            AND ($7 = '' OR user_id = ANY (ARRAY (` + customersByEmailSQL + `)))` + searchPage + `) AS found` + searchEnd

	customersByEmailSQL = `SELECT id FROM users WHERE email = $7 UNION ALL SELECT id FROM customers WHERE email = $7`
	bookingsOfSeatSQL   = `
        SELECT booking_id FROM booking_seats WHERE event_id = $6 AND seat_no = seat.seat_no AND live
        UNION ALL SELECT booking_id FROM booking_seats WHERE event_id = $6 AND seat_no = seat.seat_no AND NOT live`

	searchBegin = `
SELECT ` + bookingColumns + `, ` + refundedColumn + `, ` + itemColumns + `
FROM (
    SELECT found.*`
	searchPage = ` AND (created_at, id) < ($1::timestamptz, $2::uuid) AND created_at >= $3
        ORDER BY created_at DESC, id DESC LIMIT $4`
	searchEnd = `
    ORDER BY created_at DESC, id DESC LIMIT $4
) AS b` + theirItems + `
ORDER BY created_at DESC, id DESC, position`
)

// BookingRecord reads all that is known about a booking, in one state of the database. CodeNotFound if
// there is none.
func (db *DB) BookingRecord(ctx context.Context, id eventra.ID) (record *eventra.BookingRecord, err error) {
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, snapshotTx, func(tx pgx.Tx) error {
			record, err = readRecord(ctx, tx, id)
			return err
		})
	})
	return record, err
}

func readRecord(ctx context.Context, tx pgx.Tx, id eventra.ID) (*eventra.BookingRecord, error) {
	found, err := queryBookings(ctx, tx, bookingsByIDSQL, uuids{uuid(id)})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	records, err := recordsOf(ctx, tx, found)
	if err != nil {
		return nil, err
	}
	record := &records[0]
	var confirmed, ended pgtype.Timestamptz
	if err := tx.QueryRow(ctx, `SELECT confirmed_at, ended_at FROM bookings WHERE id = $1`, id).Scan(&confirmed, &ended); err != nil {
		return nil, err
	}
	record.ConfirmedAt, record.EndedAt = confirmed.Time, ended.Time
	oldest := pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	record.Refunds, err = collect(ctx, tx, scanRefund, bookingRefundsSQL, id, oldest, eventra.ID{}, recordRowsMax)
	return record, err
}

// recordRowsMax bounds each list of a record.
const recordRowsMax = 1000

// CustomersByID reads customers, in one round trip. Those that are gone are missing.
func (db *DB) CustomersByID(ctx context.Context, ids []eventra.ID) (map[eventra.ID]eventra.Customer, error) {
	found := make(map[eventra.ID]eventra.Customer, len(ids))
	err := db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, customersByIDSQL, uuidsOf(ids))
		if err != nil {
			return err
		}
		var c eventra.Customer
		_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Kind, &c.ExternalID, &c.Email, &c.Name}, func() error {
			found[c.ID] = c
			return nil
		})
		return err
	})
	return found, err
}

var customersByIDSQL = `
SELECT id, kind, external_id, email, name FROM unnest($1::uuid[]) AS wanted (customer_id)
CROSS JOIN LATERAL (` + customerSQL("wanted.customer_id") + `) AS customer`
