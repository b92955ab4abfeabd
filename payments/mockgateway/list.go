package mockgateway

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
)

// Charges implements payments.Books. The books do not say when money was returned, so all
// that was is listed.
func (g *Gateway) Charges(ctx context.Context, since time.Time, after eventra.ID, limit int) (found []payments.BookedCharge, err error) {
	err = g.db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT payment_id, coalesce(event_id, '00000000-0000-0000-0000-000000000000'), coalesce(amount, 0), coalesce(currency, ''), status
			FROM mock_charges WHERE payment_id > $1 AND (created_at >= $2 OR status = 'REFUNDED') ORDER BY payment_id LIMIT $3`, after, since, limit)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c payments.BookedCharge, err error) {
			err = row.Scan(&c.PaymentID, &c.EventID, &c.Amount.Amount, &c.Amount.Currency, &c.State)
			return c, err
		})
		return err
	})
	return found, err
}

// Parts implements payments.Books.
func (g *Gateway) Parts(ctx context.Context, since time.Time, after string, limit int) (found []payments.BookedPart, err error) {
	err = g.db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT key, payment_id, event_id, amount, status = 'RETURNED' FROM mock_refunds
			WHERE key > $1 AND created_at >= $2 ORDER BY key LIMIT $3`, after, since, limit)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[payments.BookedPart])
		return err
	})
	return found, err
}
