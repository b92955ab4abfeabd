package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// PaymentsOf reads those of the payments that exist.
func (db *DB) PaymentsOf(ctx context.Context, ids []eventra.ID) (map[eventra.ID]*eventra.Payment, error) {
	found, err := db.queryPayments(ctx, `SELECT `+paymentColumns+` FROM payments WHERE id = ANY ($1)`, uuidsOf(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[eventra.ID]*eventra.Payment, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	return byID, nil
}

// NoteCharge keeps what a gateway had done for a payment in the time that this database has
// lost. Repeating it is harmless.
func (db *DB) NoteCharge(ctx context.Context, charge eventra.Payment, found string) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `
			INSERT INTO restored_charges (payment_id, event_id, amount, currency, found)
			VALUES ($1, $2, nullif($3::bigint, 0), nullif($4, ''), $5) ON CONFLICT DO NOTHING`,
			charge.ID, charge.EventID, charge.Amount.Amount, charge.Amount.Currency, found)
		return err
	})
}

// AddParts adds the refunds that their payments do not have yet, all or none, and returns those.
// No mail tells of them. A dry run undoes it.
func (db *DB) AddParts(ctx context.Context, parts []eventra.Refund, dryRun bool) (added []eventra.Refund, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		for i := range parts {
			r := &parts[i]
			tag, err := tx.Exec(ctx, `
				INSERT INTO refunds (id, payment_id, booking_id, event_id, n, amount, items, released, reason, status, created_at, ended_at,
					mail_due_at, mail_sent_at, mail_withheld)
				VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, '{}', false, $6, $7, now(), now(), now(), now(), true)
				ON CONFLICT (payment_id, n) DO NOTHING`,
				r.PaymentID, r.BookingID, r.EventID, r.N, r.Amount.Amount, r.Reason, string(r.Status))
			if err != nil {
				return err
			}
			if tag.RowsAffected() > 0 {
				added = append(added, *r)
			}
		}
		if dryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return added, err
}
