package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const paymentColumns = `id, booking_id, event_id, user_id, method, amount, currency, status, coalesce(refusal, ''), created_at, updated_at`

func scanPayment(row pgx.CollectableRow) (p eventra.Payment, err error) {
	err = row.Scan(&p.ID, &p.BookingID, &p.EventID, &p.UserID, &p.Method, &p.Amount.Amount, &p.Amount.Currency, &p.Status,
		&p.Refusal, &p.CreatedAt, &p.UpdatedAt)
	return p, err
}

func (db *DB) queryPayments(ctx context.Context, sql string, args ...any) (payments []eventra.Payment, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		payments, err = pgx.CollectRows(rows, scanPayment)
		return err
	})
	return payments, err
}

// Payment reads one attempt. CodeNotFound if there is none.
func (db *DB) Payment(ctx context.Context, id eventra.ID) (*eventra.Payment, error) {
	found, err := db.queryPayments(ctx, `SELECT `+paymentColumns+` FROM payments WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such payment")
	}
	return &found[0], nil
}

// BookingPayments lists the attempts to pay for a booking, oldest first. next is
// where the next page begins, nil on the last.
func (db *DB) BookingPayments(
	ctx context.Context, bookingID eventra.ID, p eventra.Page,
) (found []eventra.Payment, next *eventra.Cursor, err error) {
	after, afterID := pageStart(p, pgtype.NegativeInfinity)
	found, err = db.queryPayments(ctx, bookingPaymentsSQL, bookingID, after, afterID, p.Limit+1)
	found, next = cut(found, p, func(p *eventra.Payment) eventra.Cursor { return eventra.Cursor{Time: p.CreatedAt, ID: p.ID} })
	return found, next, err
}

const bookingPaymentsSQL = `SELECT ` + paymentColumns + ` FROM payments
WHERE booking_id = $1 AND (created_at, id) > ($2::timestamptz, $3::uuid)
ORDER BY created_at, id LIMIT $4`

// ClaimOpenPayments gives the caller up to limit attempts that have to be ended: PENDING
// past their grace, and REFUND_PENDING last changed longer ago than refundAge. Those that
// were claimed least come first. None of them is given out again, to any instance, before
// a pause that is pauseMin after the first claim and doubles, up to pauseMax, with each.
func (db *DB) ClaimOpenPayments(ctx context.Context, refundAge, pauseMin, pauseMax time.Duration, limit int) ([]eventra.Payment, error) {
	return db.queryPayments(ctx, claimOpenPaymentsSQL, refundAge.Microseconds(), pauseMin.Microseconds(), pauseMax.Microseconds(), limit)
}

// The first condition is that of the index payments_open, which the planner does not
// derive from the OR. A time that is too far ahead was written before the server's clock
// was set back.
const claimOpenPaymentsSQL = `
UPDATE payments SET tries = tries + 1,
    retry_at = clock_timestamp() + least($2::bigint * 2 ^ least(tries, 20), $3::bigint) * interval '1 microsecond'
WHERE id = ANY (ARRAY (
    SELECT id FROM payments
    WHERE status IN ('PENDING', 'REFUND_PENDING')
        AND (status = 'PENDING' AND grace_until <= now()
            OR status = 'REFUND_PENDING' AND updated_at NOT BETWEEN clock_timestamp() - $1::bigint * interval '1 microsecond' AND clock_timestamp())
        AND (retry_at IS NULL OR retry_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + $3::bigint * interval '1 microsecond')
    ORDER BY tries, created_at LIMIT $4 FOR UPDATE SKIP LOCKED))
RETURNING ` + paymentColumns

// MarkRefunded notes that the gateway has returned the money. Repeating it is
// harmless.
func (db *DB) MarkRefunded(ctx context.Context, id eventra.ID) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx,
			`UPDATE payments SET status = 'REFUNDED', updated_at = now() WHERE id = $1 AND status = 'REFUND_PENDING'`, id)
		return err
	})
}
