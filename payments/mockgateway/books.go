package mockgateway

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const statusCharged = "CHARGED"

// charge is one request to book a charge.
type charge struct {
	payment, event eventra.ID
	amount         eventra.Money
}

// bookCharges books charges of different payments in one statement and returns
// the status of each row after it.
func (g *Gateway) bookCharges(charges []charge) ([]string, error) {
	payments, events := make(pgtype.FlatArray[pgtype.UUID], len(charges)), make(pgtype.FlatArray[pgtype.UUID], len(charges))
	amounts := make(pgtype.FlatArray[int64], len(charges))
	currencies := make(pgtype.FlatArray[string], len(charges))
	for i, c := range charges {
		payments[i], events[i] = pgtype.UUID{Bytes: c.payment, Valid: true}, pgtype.UUID{Bytes: c.event, Valid: true}
		amounts[i], currencies[i] = c.amount.Amount, c.amount.Currency
	}
	stored := make(map[eventra.ID]string, len(charges))
	err := g.db.WithConn(context.Background(), callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, chargeSQL, payments, amounts, currencies, events)
		if err != nil {
			return err
		}
		var payment eventra.ID
		var status string
		_, err = pgx.ForEachRow(rows, []any{&payment, &status}, func() error {
			stored[payment] = status
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	statuses := make([]string, len(charges))
	for i, c := range charges {
		statuses[i] = stored[c.payment]
	}
	return statuses, nil
}

// book writes one row and returns the status that it has then.
func (g *Gateway) book(ctx context.Context, sql string, p eventra.Payment) (status string, err error) {
	err = g.db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sql, p.ID, p.EventID).Scan(&status)
	})
	return status, err
}

// The first write of a payment wins: a conflict leaves the row as it is, but
// updates it to return it.
const (
	chargeSQL = `
INSERT INTO mock_charges AS stored (payment_id, amount, currency, event_id, status)
SELECT payment_id, amount, currency, event_id, 'CHARGED'
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[]) AS c (payment_id, amount, currency, event_id)
ORDER BY payment_id
ON CONFLICT (payment_id) DO UPDATE SET status = stored.status RETURNING payment_id, status`

	voidSQL = `
INSERT INTO mock_charges AS stored (payment_id, event_id, status) VALUES ($1, $2, 'VOIDED')
ON CONFLICT (payment_id) DO UPDATE SET status = stored.status RETURNING status`

	refundSQL = `
INSERT INTO mock_charges AS stored (payment_id, event_id, status) VALUES ($1, $2, 'VOIDED')
ON CONFLICT (payment_id) DO UPDATE SET status = replace(stored.status, 'CHARGED', 'REFUNDED') RETURNING status`
)
