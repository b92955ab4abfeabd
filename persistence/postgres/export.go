package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// BeginExport returns the time by the store's clock. CodeEventNotFound if there is no such event.
func (db *DB) BeginExport(ctx context.Context, eventID eventra.ID) (now time.Time, err error) {
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		err := conn.QueryRow(ctx, `SELECT now() FROM events WHERE id = $1`, eventID).Scan(&now)
		return orNotFound(err, eventra.NoSuchEvent())
	})
	return now, err
}

// ExportBookings reads up to limit bookings after a position, oldest first. next is where the next call
// begins, nil at the end. No connection waits between two calls. A booking is in the export
// once, whatever happens to it meanwhile, because it keeps its place.
func (db *DB) ExportBookings(
	ctx context.Context, e eventra.BookingExport, after *eventra.Cursor, limit int,
) (found []eventra.ExportedBooking, next *eventra.Cursor, err error) {
	p := eventra.Page{Limit: limit, Cursor: after}
	from, fromID := pageStart(p, pgtype.NegativeInfinity)
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, exportSQL, from, fromID, e.Until, limit+1, searchedStatuses(e.Status), e.EventID)
		if err != nil {
			return err
		}
		found, err = scanExported(rows, limit)
		return err
	})
	found, next = cut(found, p, func(b *eventra.ExportedBooking) eventra.Cursor { return eventra.Cursor{Time: b.CreatedAt, ID: b.ID} })
	return found, next, err
}

func scanExported(rows pgx.Rows, limit int) ([]eventra.ExportedBooking, error) {
	found := make([]eventra.ExportedBooking, 0, limit+1)
	var b bookingRow
	var confirmed, ended pgtype.Timestamptz
	var email, name pgtype.Text
	var item itemRow
	_, err := pgx.ForEachRow(rows, append(append(b.columns(), &confirmed, &ended, &email, &name), item.columns()...), func() error {
		last := len(found) - 1
		if last < 0 || found[last].ID != b.ID {
			customer := eventra.Customer{ID: b.UserID, Email: email.String, Name: name.String}
			found, last = append(found, eventra.ExportedBooking{Booking: b.booking(), ConfirmedAt: confirmed.Time, EndedAt: ended.Time, Customer: customer}), last+1
		}
		if item.position.Valid {
			found[last].Items = append(found[last].Items, item.item())
		}
		return nil
	})
	return found, err
}

var exportSQL = `
SELECT ` + bookingColumns + `, confirmed_at, ended_at, email, name, ` + itemColumns + `
FROM (
    SELECT found.* FROM unnest($5::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT ` + bookingColumns + `, confirmed_at, ended_at FROM bookings
        WHERE event_id = $6 AND bookings.status = wanted.status AND (created_at, id) > ($1::timestamptz, $2::uuid) AND created_at < $3
        ORDER BY created_at, id LIMIT $4) AS found
    ORDER BY created_at, id LIMIT $4
) AS b
LEFT JOIN LATERAL (SELECT email, name FROM (` + customerSQL("b.user_id") + `) AS of) AS customer ON true` + theirItems + `
ORDER BY created_at, id, position`
