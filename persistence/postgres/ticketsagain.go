package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

// SendTicketsAgain makes the mail with a booking's tickets due once more, and notes that in the audit log. A mail that is
// due already stays so. Errors: CodeNotFound; CodeInvalidTransition for a booking without tickets; CodeRateLimited after
// TicketsAgainMax times within an hour.
func (db *DB) SendTicketsAgain(ctx context.Context, id eventra.ID) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		b := &eventra.Booking{ID: id}
		var cancelled, due bool
		var times int
		if _, err := tx.Exec(ctx, ticketsAgainTurnSQL, id.String()); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, ticketsAgainSQL, id, string(eventra.AuditTicketsAgain), id.String()).Scan(&b.EventID, &b.UserID, &b.Status, &cancelled, &due, &times)
		switch {
		case err != nil:
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such booking"))
		case b.Status != eventra.BookingConfirmed || cancelled:
			return eventra.Errorf(eventra.CodeInvalidTransition, "the booking has no tickets, or its event is cancelled")
		case due:
			return nil
		case times >= eventra.TicketsAgainMax:
			return &eventra.Error{Code: eventra.CodeRateLimited, Message: "the tickets were sent several times within an hour", RetryAfter: time.Hour}
		}
		if _, err := tx.Exec(ctx, dueAgainSQL, id, b.EventID); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutBooking(eventra.AuditTicketsAgain, b))
	})
}

const (
	// ticketsAgainTurnSQL lets one of several requests for a booking count after the other.
	ticketsAgainTurnSQL = `SELECT pg_advisory_xact_lock(hashtextextended('tickets again ' || $1, 0))`

	ticketsAgainSQL = `
SELECT b.event_id, b.user_id, b.status, events.status = 'CANCELLED',
    EXISTS (SELECT FROM outbox WHERE booking_id = b.id AND sent_at IS NULL),
    (SELECT count(*) FROM audit WHERE subject_id = $3 AND action = $2 AND at > now() - interval '1 hour')
FROM bookings AS b JOIN events ON events.id = b.event_id WHERE b.id = $1`

	// The purge may have deleted the row of an old mail.
	dueAgainSQL = `
INSERT INTO outbox (booking_id, event_id, created_at, due_at) VALUES ($1, $2, now(), now())
ON CONFLICT (booking_id) DO UPDATE SET sent_at = NULL, withheld = false, due_at = now()`
)
