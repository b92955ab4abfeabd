package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// ExportAccount reads all that is kept about a user, in one state of the database: up to limit
// sessions, bookings and mails about the account, newest first. CodeNotFound if there is no such
// user.
func (db *DB) ExportAccount(ctx context.Context, userID eventra.ID, limit int) (export *eventra.AccountExport, err error) {
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, snapshotTx, func(tx pgx.Tx) error {
			export, err = readExport(ctx, tx, userID, limit)
			return err
		})
	})
	return export, err
}

func readExport(ctx context.Context, tx pgx.Tx, userID eventra.ID, limit int) (*eventra.AccountExport, error) {
	user, err := scanUser(tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, userID))
	if err != nil {
		return nil, orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such user"))
	}
	export := &eventra.AccountExport{User: user}
	newest := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	if export.Sessions, err = collect(ctx, tx, scanOpenSession, openSessionsSQL, userID, newest, eventra.ID{}, limit); err != nil {
		return nil, err
	}
	bookings, err := queryBookings(ctx, tx, userBookingsSQL, userID, "", uuid(eventra.ID{}), newest, eventra.ID{}, limit+1)
	if err != nil {
		return nil, err
	}
	bookings, export.Next = cut(bookings, eventra.Page{Limit: limit}, cursorOfBooking)
	if export.Bookings, err = recordsOf(ctx, tx, bookings); err != nil {
		return nil, err
	}
	export.Mails, err = collect(ctx, tx, scanAccountMail, exportedMailsSQL, userID, user.Email, limit)
	return export, err
}

// recordsOf adds payments and mails to bookings.
func recordsOf(ctx context.Context, tx pgx.Tx, bookings []*eventra.Booking) ([]eventra.BookingRecord, error) {
	records, at := make([]eventra.BookingRecord, len(bookings)), make(map[eventra.ID]*eventra.BookingRecord, len(bookings))
	ids := make(uuids, len(bookings))
	for i, b := range bookings {
		records[i].Booking, at[b.ID], ids[i] = b, &records[i], uuid(b.ID)
	}
	payments, err := collect(ctx, tx, scanPayment, paymentsOfBookingsSQL, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range payments {
		at[p.BookingID].Payments = append(at[p.BookingID].Payments, p)
	}
	mails, err := collect(ctx, tx, scanMailOfBooking, mailsOfBookingsSQL, ids)
	if err != nil {
		return nil, err
	}
	for _, m := range mails {
		at[m.BookingID].Mails = append(at[m.BookingID].Mails, m)
	}
	return records, nil
}

func collect[T any](ctx context.Context, on querier, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := on.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func scanMailOfBooking(row pgx.CollectableRow) (m eventra.BookingMail, err error) {
	var ended pgtype.Timestamptz
	err = row.Scan(&m.BookingID, &m.Kind, &m.About, &m.CreatedAt, &ended, &m.Withheld)
	m.EndedAt = ended.Time
	return m, err
}

func scanAccountMail(row pgx.CollectableRow) (m eventra.SentAccountMail, err error) {
	var ended pgtype.Timestamptz
	err = row.Scan(&m.Kind, &m.Address, &m.CreatedAt, &ended, &m.Withheld)
	m.EndedAt = ended.Time
	return m, err
}

// Of one booking there are few of either, at most recordRowsMax.
const (
	paymentsOfBookingsSQL = `
SELECT found.* FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT ` + paymentColumns + ` FROM payments WHERE booking_id = wanted.id ORDER BY created_at, id LIMIT 1000) AS found`

	mailsOfBookingsSQL = `
SELECT wanted.id, kind, about, created_at, sent_at, withheld FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT 'tickets' AS kind, '00000000-0000-0000-0000-000000000000'::uuid AS about, created_at, sent_at, withheld
    FROM outbox WHERE booking_id = wanted.id
    UNION ALL (SELECT kind, about, created_at, sent_at, withheld FROM notices WHERE booking_id = wanted.id LIMIT 1000)
    UNION ALL SELECT 'refunded', r.id, r.created_at, mail_sent_at, mail_withheld
    FROM (SELECT id FROM payments WHERE booking_id = wanted.id ORDER BY booking_id, created_at LIMIT 1000) AS p
    CROSS JOIN LATERAL (SELECT * FROM refunds WHERE payment_id = p.id ORDER BY payment_id, n LIMIT 1000) AS r
    ORDER BY created_at LIMIT 1000
) AS mails
ORDER BY created_at`

	exportedMailsSQL = `
SELECT kind, address, created_at, sent_at, withheld FROM account_mails
WHERE id = ANY (ARRAY (
    (SELECT id FROM account_mails WHERE user_id = $1 ORDER BY created_at DESC LIMIT $3)
    UNION ALL (SELECT id FROM account_mails WHERE address = $2 AND kind = 'reset' ORDER BY created_at DESC LIMIT $3)))
ORDER BY created_at DESC`
)
