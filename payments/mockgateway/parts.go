package mockgateway

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const statusReturned = "RETURNED"

// RefundPart returns an amount of a charge, once under its key however often it is called. It
// refuses, for ever, what is more than is left of the charge.
func (g *Gateway) RefundPart(ctx context.Context, r eventra.Refund) error {
	var status string
	err := g.db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT FROM mock_charges WHERE payment_id = $1 FOR UPDATE`, r.PaymentID); err != nil {
				return err
			}
			err := tx.QueryRow(ctx, `SELECT status FROM mock_refunds WHERE key = $1`, r.GatewayKey()).Scan(&status)
			if errors.Is(err, pgx.ErrNoRows) {
				err = tx.QueryRow(ctx, bookPartSQL, r.GatewayKey(), r.PaymentID, r.EventID, r.Amount.Amount).Scan(&status)
			}
			return err
		})
	})
	if err == nil && status != statusReturned {
		return eventra.ErrRefundRefused
	}
	return err
}

// Whoever books a part has locked the charge, so that nobody books another one meanwhile.
const bookPartSQL = `
INSERT INTO mock_refunds (key, payment_id, event_id, amount, status)
SELECT $1, $2, $3, $4::bigint, CASE WHEN EXISTS (
    SELECT FROM mock_charges WHERE payment_id = $2 AND status = 'CHARGED' AND amount >= $4::bigint + (
        SELECT coalesce(sum(amount), 0) FROM mock_refunds WHERE payment_id = $2 AND status = 'RETURNED')
) THEN 'RETURNED' ELSE 'REFUSED' END
RETURNING status`
