package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// The mock gateway. It keeps books of its own and obeys tokens: tok_ok is
// charged, tok_slow_<milliseconds> after a while, tok_error fails, and
// tok_declined, like any other, is declined.

const slowestToken = time.Minute

var (
	errDeclined = eventra.Errorf(eventra.CodePaymentDeclined, "the payment was declined")
	errGateway  = errors.New("mock gateway: out of order, as the token asks")
	errVoided   = errors.New("mock gateway: the payment was voided")
)

// Charge takes the payment's amount, once however often it is asked. A payment
// that was voided fails for ever.
func (db *DB) Charge(ctx context.Context, p eventra.Payment, token string) error {
	switch wait, slow := slowness(token); {
	case token == "tok_error":
		return errGateway
	case slow:
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	case token != "tok_ok":
		return errDeclined
	}
	status, err := db.charges.ask(ctx, charge{p.ID, p.Amount})
	if err == nil && status != "CHARGED" {
		return errVoided
	}
	return err
}

type charge struct {
	payment eventra.ID
	amount  eventra.Money
}

// bookCharges writes charges of different payments and returns the statuses
// that are there then.
func bookCharges(ctx context.Context, conn *pgxpool.Conn, charges []charge) ([]string, error) {
	payments, amounts, currencies := make(uuids, len(charges)), make(bigints, len(charges)), make(texts, len(charges))
	for i, c := range charges {
		payments[i], amounts[i], currencies[i] = uuid(c.payment), c.amount.Amount, c.amount.Currency
	}
	rows, err := conn.Query(ctx, chargeSQL, payments, amounts, currencies)
	if err != nil {
		return nil, err
	}
	booked := make(map[eventra.ID]string, len(charges))
	var payment eventra.ID
	var status string
	if _, err = pgx.ForEachRow(rows, []any{&payment, &status}, func() error {
		booked[payment] = status
		return nil
	}); err != nil {
		return nil, err
	}
	statuses := make([]string, len(charges))
	for i, c := range charges {
		statuses[i] = booked[c.payment]
	}
	return statuses, nil
}

const chargeSQL = `
INSERT INTO mock_charges AS stored (payment_id, amount, currency, status)
SELECT payment_id, amount, currency, 'CHARGED' FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS c (payment_id, amount, currency)
ORDER BY payment_id
ON CONFLICT (payment_id) DO UPDATE SET status = stored.status RETURNING payment_id, status`

func slowness(token string) (wait time.Duration, slow bool) {
	digits, slow := strings.CutPrefix(token, "tok_slow_")
	ms, err := strconv.ParseUint(digits, 10, 32)
	wait = time.Duration(ms) * time.Millisecond
	return wait, slow && err == nil && wait <= slowestToken
}

// Void makes sure that this payment is never charged from now on, and reports
// whether it has been.
func (db *DB) Void(ctx context.Context, paymentID eventra.ID) (charged bool, err error) {
	status, err := db.bookCharge(ctx, `
		INSERT INTO mock_charges AS stored (payment_id, status) VALUES ($1, 'VOIDED')
		ON CONFLICT (payment_id) DO UPDATE SET status = stored.status RETURNING status`, paymentID)
	return status == "CHARGED", err
}

// Refund gives a charge back, once however often it is asked. What was never
// charged is voided.
func (db *DB) Refund(ctx context.Context, p eventra.Payment) error {
	_, err := db.bookCharge(ctx, `
		INSERT INTO mock_charges AS stored (payment_id, status) VALUES ($1, 'VOIDED')
		ON CONFLICT (payment_id) DO UPDATE SET status = replace(stored.status, 'CHARGED', 'REFUNDED') RETURNING status`, p.ID)
	return err
}

// bookCharge writes one row and returns the status that is there then.
func (db *DB) bookCharge(ctx context.Context, sql string, args ...any) (status string, err error) {
	err = db.do(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(&status)
	})
	return status, err
}
