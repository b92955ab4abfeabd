// Package mockgateway is a payment gateway for development and tests: no bank
// is behind it. It obeys tokens instead of cards:
//
//	tok_ok                    the charge succeeds
//	tok_slow_<milliseconds>   the charge succeeds after that time, at most a minute
//	tok_error                 the gateway fails
//	any other, tok_declined   the charge is declined
//
// Its books are the table mock_charges in PostgreSQL, apart from what the
// product keeps. So charges outlive any instance, and `eventra check` can
// compare both sides.
package mockgateway

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/coalesce"
	"github.com/eventra/eventra/sleep"
)

// callTimeout bounds one call to PostgreSQL.
const callTimeout = 5 * time.Second

// Database lends connections to PostgreSQL.
type Database interface {
	// WithConn lends work a connection for at most the limit. It returns at
	// once, with CodeUnavailable, while PostgreSQL is away.
	WithConn(ctx context.Context, limit time.Duration, work func(context.Context, *pgxpool.Conn) error) error
}

// Gateway implements payments.Gateway. Its methods are safe for concurrent use.
type Gateway struct {
	db      Database
	charges coalesce.Group[charge, string]
}

// New makes a gateway that keeps its books in db.
func New(db Database) *Gateway {
	g := &Gateway{db: db}
	g.charges.Backend, g.charges.Send = "postgres", g.bookCharges
	g.charges.Key = func(c charge) any { return c.payment }
	return g
}

var (
	errDeclined = eventra.Errorf(eventra.CodePaymentDeclined, "the payment was declined")
	errGateway  = errors.New("mock gateway: out of order, as the token asks")
	errVoided   = errors.New("mock gateway: the payment was voided")
)

// Charge takes the payment's amount, once however often it is called. A payment
// that was voided fails for ever.
func (g *Gateway) Charge(ctx context.Context, p eventra.Payment, token string) error {
	switch delay, slow := tokenDelay(token); {
	case token == "tok_error":
		return errGateway
	case slow:
		if err := sleep.For(ctx, delay); err != nil {
			return err
		}
	case token != "tok_ok":
		return errDeclined
	}
	status, err := g.charges.Call(ctx, charge{p.ID, p.EventID, p.Amount})
	if err == nil && status != statusCharged {
		return errVoided
	}
	return err
}

// Void prevents every later charge for this payment and reports whether one had
// happened before.
func (g *Gateway) Void(ctx context.Context, p eventra.Payment) (charged bool, err error) {
	status, err := g.book(ctx, voidSQL, p)
	return status == statusCharged, err
}

// Refund returns what is left of a charge, once however often it is called. A payment that was
// never charged is voided.
func (g *Gateway) Refund(ctx context.Context, p eventra.Payment) error {
	_, err := g.book(ctx, refundSQL, p)
	return err
}
