package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Waiting is how much of something is to be done yet, and for how long the oldest of it has been.
type Waiting struct {
	Number int
	Oldest time.Duration
}

// Backlog is what somebody waits for, in all instances.
type Backlog struct {
	Mails           Waiting // that no mail server has taken
	PaymentsPending Waiting
	RefundsOwed     Waiting // money that is to go back: whole payments, and parts
}

// Backlog counts what is to be done, of each kind up to a limit, in one round trip.
func (db *DB) Backlog(ctx context.Context, limit int) (b Backlog, err error) {
	var now time.Time
	var oldest [3]pgtype.Timestamptz
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, backlogSQL, limit).Scan(&now, &b.Mails.Number, &oldest[0],
			&b.PaymentsPending.Number, &oldest[1], &b.RefundsOwed.Number, &oldest[2])
	})
	for i, open := range []*Waiting{&b.Mails, &b.PaymentsPending, &b.RefundsOwed} {
		if oldest[i].Valid {
			open.Oldest = max(0, now.Sub(oldest[i].Time))
		}
	}
	return b, err
}

// The conditions are those of the indexes of what is open: outbox_due and the like.
const backlogSQL = `
SELECT clock_timestamp(), mails.number, mails.oldest, pending.number, pending.oldest, owed.number, owed.oldest
FROM (SELECT count(*) AS number, min(created_at) AS oldest FROM (
    (SELECT created_at FROM outbox WHERE sent_at IS NULL LIMIT $1) UNION ALL (SELECT created_at FROM notices WHERE sent_at IS NULL LIMIT $1)
    UNION ALL (SELECT created_at FROM account_mails WHERE sent_at IS NULL LIMIT $1)
    UNION ALL (SELECT ended_at FROM refunds WHERE mail_sent_at IS NULL LIMIT $1) LIMIT $1) AS unsent) AS mails,
(SELECT count(*) AS number, min(created_at) AS oldest FROM (
    SELECT created_at FROM payments WHERE status IN ('PENDING', 'REFUND_PENDING') AND status = 'PENDING' LIMIT $1) AS open) AS pending,
(SELECT count(*) AS number, min(since) AS oldest FROM (
    (SELECT updated_at AS since FROM payments WHERE status IN ('PENDING', 'REFUND_PENDING') AND status = 'REFUND_PENDING' LIMIT $1)
    UNION ALL (SELECT created_at FROM refunds WHERE status = 'PENDING' LIMIT $1) LIMIT $1) AS due) AS owed`
