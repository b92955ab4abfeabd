package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Due leases up to limit unsent mails. None of them is due again, at any
// instance, before the lease ends. A mail that is due later than a lease that begins
// now is due: the server's clock was set back.
func (db *DB) Due(ctx context.Context, limit int, lease time.Duration) (bookings []eventra.ID, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, outboxDueSQL, limit, lease.Microseconds())
		if err != nil {
			return err
		}
		bookings, err = pgx.CollectRows(rows, pgx.RowTo[eventra.ID])
		return err
	})
	return bookings, err
}

// The clock is read for each row, because a lease that another instance has taken
// meanwhile is not ahead of it.
const outboxDueSQL = `
UPDATE outbox SET due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
WHERE booking_id = ANY (ARRAY (
    SELECT booking_id FROM outbox
    WHERE sent_at IS NULL AND (due_at <= clock_timestamp() OR due_at > clock_timestamp() + $2::bigint * interval '1 microsecond')
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED))
RETURNING booking_id`

// Mail reads what the mail of a confirmed booking says. CodeNotFound if there is
// none.
func (db *DB) Mail(ctx context.Context, bookingID eventra.ID) (mail *eventra.TicketMail, state eventra.MailState, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		m := &eventra.TicketMail{BookingID: bookingID}
		var ended, obsolete bool
		err := conn.QueryRow(ctx, mailSQL, bookingID).Scan(&ended, &obsolete, &m.To, &m.Name, &m.EventTitle, &m.Venue, &m.StartsAt, &m.Timezone,
			&m.Total.Amount, &m.Total.Currency)
		if err != nil {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such mail"))
		}
		switch {
		case ended:
			state = eventra.MailEnded
		case obsolete:
			state = eventra.MailObsolete
		}
		mail = m
		m.Items, err = queryItems(ctx, conn, bookingID)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return mail, state, nil
}

const mailSQL = `
SELECT sent_at IS NOT NULL, bookings.status <> 'CONFIRMED' OR events.status = 'CANCELLED',
    email, name, title, venue, starts_at, timezone, amount, bookings.currency
FROM outbox
JOIN bookings ON bookings.id = outbox.booking_id AND bookings.event_id = coalesce(outbox.event_id, bookings.event_id)
JOIN users ON users.id = bookings.user_id
JOIN events ON events.id = bookings.event_id
WHERE booking_id = $1`

// MarkSent notes that a mail server has taken the mail. Repeating it is harmless.
func (db *DB) MarkSent(ctx context.Context, bookingID eventra.ID) error {
	return db.endMail(ctx, markSentSQL, bookingID)
}

// Withhold ends a mail that is not to be sent. One that was sent stays so.
func (db *DB) Withhold(ctx context.Context, bookingID eventra.ID) error {
	return db.endMail(ctx, withholdSQL, bookingID)
}

func (db *DB) endMail(ctx context.Context, sql string, bookingID eventra.ID) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, sql, bookingID)
		return err
	})
}

// With the condition sent_at IS NULL, the planner would search all unsent mails
// for the row.
const (
	markSentSQL = `UPDATE outbox SET sent_at = coalesce(sent_at, now()) WHERE booking_id = $1`
	withholdSQL = `UPDATE outbox SET withheld = withheld OR sent_at IS NULL, sent_at = coalesce(sent_at, now()) WHERE booking_id = $1`
)

// MailsUnsent counts the mails that no mail server has taken yet, up to a limit.
func (db *DB) MailsUnsent(ctx context.Context, limit int) (number int, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NULL LIMIT $1) AS unsent`, limit).Scan(&number)
	})
	return number, err
}
