package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Due leases up to limit unsent mails of a box. None of them is due again, at any
// instance, before the lease ends. A mail that is due later than a lease that begins
// now is due: the server's clock was set back.
func (db *DB) Due(ctx context.Context, box eventra.MailBox, limit int, lease time.Duration) (due []eventra.MailRef, err error) {
	sql := [eventra.MailBoxes]string{eventra.TicketBox: ticketsDueSQL, eventra.AccountBox: accountMailsDueSQL, eventra.NoticeBox: noticesDueSQL}[box]
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sql, limit, lease.Microseconds())
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, scanMailRef)
		return err
	})
	return due, err
}

func scanMailRef(row pgx.CollectableRow) (ref eventra.MailRef, err error) {
	err = row.Scan(&ref.Kind, &ref.BookingID, &ref.About)
	return ref, err
}

// leaseSQL leases the rows of a table that are due, which it finds again by a column. The
// clock is read for each row, because a lease that another instance has taken meanwhile is
// not ahead of it.
func leaseSQL(table, column string) string {
	return `
UPDATE ` + table + ` SET due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
WHERE ` + column + ` = ANY (ARRAY (
    SELECT ` + column + ` FROM ` + table + `
    WHERE sent_at IS NULL AND (due_at <= clock_timestamp() OR due_at > clock_timestamp() + $2::bigint * interval '1 microsecond')
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED))
`
}

var (
	ticketsDueSQL = leaseSQL("outbox", "booking_id") + `RETURNING 'tickets', booking_id, '00000000-0000-0000-0000-000000000000'::uuid`

	// A refund's mail is part of its row: members of the release before, which would take it for
	// that of a cancelled event, look among notices alone.
	noticesDueSQL = `
WITH told AS (` + leaseSQL("notices", "ctid") + `RETURNING kind, booking_id, about
), refunded AS (` + mailColumns.Replace(leaseSQL("refunds", "ctid")) + `RETURNING 'refunded', booking_id, id
)
SELECT * FROM told UNION ALL SELECT * FROM refunded`

	accountMailsDueSQL = leaseSQL("account_mails", "id") + `RETURNING kind, '00000000-0000-0000-0000-000000000000'::uuid, id`
)

// Mail reads what a mail says. CodeNotFound if there is none.
func (db *DB) Mail(ctx context.Context, ref eventra.MailRef) (mail *eventra.Mail, state eventra.MailState, err error) {
	if ref.Box() == eventra.AccountBox {
		return db.accountMail(ctx, ref)
	}
	sql, args := mailSQL(ref, ticketsSQL, noticeSQL, "", refundMailSQL)
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		m := &eventra.Mail{MailRef: ref}
		var ended, obsolete bool
		err := conn.QueryRow(ctx, sql, args...).Scan(&ended, &obsolete, &m.To, &m.Name, &m.EventTitle, &m.Venue, &m.StartsAt, &m.Timezone,
			&m.Total.Amount, &m.Total.Currency, &m.Returned.Amount, &m.Message, &m.Was.StartsAt, &m.Was.Venue, &m.Was.Timezone, &m.Reference)
		if err != nil {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such mail"))
		}
		m.Returned.Currency = m.Total.Currency
		switch {
		case ended:
			state = eventra.MailEnded
		case obsolete:
			state = eventra.MailObsolete
		}
		mail = m
		m.Items, err = queryItems(ctx, conn, ref.BookingID, ref.Box() == eventra.NoticeBox)
		if err == nil && ref.Kind == eventra.MailRefunded {
			err = keepRefunded(ctx, conn, m)
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return mail, state, nil
}

// mailSQL returns a statement about the row of a mail, and its parameters.
func mailSQL(ref eventra.MailRef, tickets, notice, account, refund string) (sql string, args []any) {
	switch {
	case ref.Box() == eventra.TicketBox:
		return tickets, []any{ref.BookingID}
	case ref.Box() == eventra.AccountBox:
		return account, []any{ref.About}
	case ref.Kind == eventra.MailRefunded:
		return refund, []any{ref.About}
	}
	return notice, []any{ref.BookingID, string(ref.Kind), ref.About}
}

// Rows that members of the release before wrote name no event. A mail to a customer without an address is obsolete.
var (
	ticketsSQL = `
SELECT sent_at IS NOT NULL, bookings.status <> 'CONFIRMED' OR events.status = 'CANCELLED' OR email = '',
    email, name, title, venue, starts_at, timezone, bookings.amount, bookings.currency, 0, '', starts_at, venue, timezone, coalesce(reference_no, 0)
FROM outbox
JOIN bookings ON bookings.id = outbox.booking_id AND bookings.event_id = coalesce(outbox.event_id, bookings.event_id)` + recipientSQL + `
JOIN events ON events.id = bookings.event_id
WHERE booking_id = $1`

	noticeSQL = `
SELECT sent_at IS NOT NULL, kind = 'rescheduled' AND (bookings.status NOT IN ('HELD', 'CONFIRMED') OR events.status = 'CANCELLED') OR email = '',
    email, name, title, coalesce(moved.venue, events.venue), coalesce(moved.starts_at, events.starts_at), coalesce(moved.timezone, events.timezone),
    bookings.amount, bookings.currency, coalesce(notices.amount, 0), coalesce(message, reason, ''),
    coalesce(was_starts_at, events.starts_at), coalesce(was_venue, events.venue), coalesce(was_timezone, events.timezone), coalesce(reference_no, 0)
FROM notices
JOIN bookings ON bookings.id = notices.booking_id AND bookings.event_id = notices.event_id` + recipientSQL + `
JOIN events ON events.id = notices.event_id
LEFT JOIN cancellations ON cancellations.event_id = notices.event_id AND kind = 'cancelled'
LEFT JOIN reschedulings AS moved ON moved.id = notices.about AND kind = 'rescheduled'
WHERE booking_id = $1 AND kind = $2 AND about = $3`

	refundMailSQL = `
SELECT mail_sent_at IS NOT NULL, refunds.status = 'FAILED' OR email = '', email, name, title, venue, starts_at, timezone,
    bookings.amount, bookings.currency, refunds.amount, reason, starts_at, venue, timezone, coalesce(reference_no, 0)
FROM refunds
JOIN bookings ON bookings.id = refunds.booking_id AND bookings.event_id = refunds.event_id` + recipientSQL + `
JOIN events ON events.id = refunds.event_id
WHERE refunds.id = $1`
)

// keepRefunded keeps the items that a refund is for.
func keepRefunded(ctx context.Context, conn *pgxpool.Conn, m *eventra.Mail) error {
	var numbers []int
	if err := conn.QueryRow(ctx, `SELECT items, released FROM refunds WHERE id = $1`, m.About).Scan(&numbers, &m.Released); err != nil {
		return err
	}
	all := m.Items
	m.Items = make([]eventra.Item, 0, len(numbers))
	for _, no := range numbers {
		m.Items = append(m.Items, all[no-1])
	}
	return nil
}

// MarkSent notes that a mail server has taken the mail. Repeating it is harmless.
func (db *DB) MarkSent(ctx context.Context, ref eventra.MailRef) error {
	return db.endMail(ctx, ref, markSentSQL)
}

// Withhold ends a mail that is not to be sent. One that was sent stays so.
func (db *DB) Withhold(ctx context.Context, ref eventra.MailRef) error {
	return db.endMail(ctx, ref, withholdSQL)
}

func (db *DB) endMail(ctx context.Context, ref eventra.MailRef, set string) error {
	sql, args := mailSQL(ref, `UPDATE outbox `+set+` WHERE booking_id = $1`,
		`UPDATE notices `+set+` WHERE booking_id = $1 AND kind = $2 AND about = $3`, `UPDATE account_mails `+set+` WHERE id = $1`,
		`UPDATE refunds `+mailColumns.Replace(set)+` WHERE id = $1`)
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
}

// mailColumns are the names that refunds have for the columns of a mail.
var mailColumns = strings.NewReplacer("due_at", "mail_due_at", "sent_at", "mail_sent_at", "withheld", "mail_withheld")

// With the condition sent_at IS NULL, the planner would search all unsent mails
// for the row.
const (
	markSentSQL = `SET sent_at = coalesce(sent_at, now())`
	withholdSQL = `SET withheld = withheld OR sent_at IS NULL, sent_at = coalesce(sent_at, now())`
)
