package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// restoredTimeout bounds the transaction, which no sale waits for.
const restoredTimeout = 30 * time.Minute

// Restored is what had to be done to a database that was restored to an earlier point, and
// what its operator has to look at.
type Restored struct {
	LastChange  time.Time // of what the database knows; zero if it is empty
	Events      int64     // whose epochs and versions were raised
	Holds       int64     // that are HELD, and end as soon as an instance runs
	Users       int64     // whose sessions have ended
	Sessions    int64
	Links       int64 // of mails, which no longer work
	MailsUnsent int64 // which may have been sent in the time that was lost
	Payments    int64 // that are open, and are reconciled as soon as an instance runs
	Refunds     int64

	APIKeys        []RestoredKey
	Administrators []string // their addresses
}

// RestoredKey is an API key that is valid, perhaps again.
type RestoredKey struct {
	ID     eventra.ID
	Name   string
	UsedAt time.Time // zero: never
}

// Connections counts other connections of this program to the database: of running
// instances, or of subcommands.
func (db *DB) Connections(ctx context.Context) (others int, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name IN ('eventra', 'eventra member') AND pid <> pg_backend_pid()`).Scan(&others)
	})
	return others, err
}

// MakeSafe does to a database that was restored to an earlier point what has to be done before
// an instance runs on it, in one transaction: no activation of before can write, no reader takes
// a version of before for one of now, and no session, nor link of a mail, is good that may have
// ended since. Doing it again is harmless. A dry run undoes everything.
func (db *DB) MakeSafe(ctx context.Context, dryRun bool) (r *Restored, err error) {
	r = &Restored{}
	err = db.inTx(ctx, restoredTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if err := makeSafe(ctx, tx, r); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		if _, err := tx.Exec(ctx, skipReferencesSQL); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutRestore(eventra.Facts{
			"lastChange": r.LastChange, "events": r.Events, "sessions": r.Sessions, "links": r.Links}))
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return r, err
}

var errDryRun = errors.New("nothing is changed in a dry run")

func makeSafe(ctx context.Context, tx pgx.Tx, r *Restored) error {
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on`); err != nil {
		return err
	}
	// What is read comes first: it tells of the database as it was restored.
	err := tx.QueryRow(ctx, restoredStateSQL).Scan(&r.LastChange, &r.Holds, &r.Sessions, &r.MailsUnsent, &r.Payments, &r.Refunds)
	if err != nil {
		return err
	}
	if err := readRestoredAccess(ctx, tx, r); err != nil {
		return err
	}
	for _, step := range []struct {
		sql     string
		changed *int64
	}{{raiseEventsSQL, &r.Events}, {endSessionsSQL, &r.Users}, {endLinksSQL, &r.Links}, {forgetMembersSQL, nil}} {
		tag, err := tx.Exec(ctx, step.sql)
		if err != nil {
			return err
		}
		if step.changed != nil {
			*step.changed = tag.RowsAffected()
		}
	}
	return nil
}

func readRestoredAccess(ctx context.Context, tx pgx.Tx, r *Restored) (err error) {
	r.APIKeys, err = collect(ctx, tx, pgx.RowToStructByPos[RestoredKey], `
		SELECT id, name, coalesce(last_used_at, '0001-01-01 00:00:00Z') FROM api_keys
		WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) ORDER BY name, created_at`)
	if err != nil {
		return err
	}
	r.Administrators, err = collect(ctx, tx, pgx.RowTo[string],
		`SELECT email FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL ORDER BY email`)
	return err
}

const (
	liveSessions = `sessions WHERE revoked_at IS NULL AND expires_at > now()`

	restoredStateSQL = `
SELECT coalesce(greatest((SELECT max(created_at) FROM bookings), (SELECT max(created_at) FROM payments),
        (SELECT max(at) FROM audit WHERE actor_kind IN ('user', 'key')), -- no command, such as this one
        (SELECT max(created_at) FROM sessions), (SELECT max(updated_at) FROM events)), '0001-01-01 00:00:00Z'),
    (SELECT count(*) FROM bookings WHERE status = 'HELD'),
    (SELECT count(*) FROM ` + liveSessions + `),
    (SELECT count(*) FROM outbox WHERE sent_at IS NULL) + (SELECT count(*) FROM notices WHERE sent_at IS NULL)
        + (SELECT count(*) FROM refunds WHERE mail_sent_at IS NULL) + (SELECT count(*) FROM account_mails WHERE sent_at IS NULL AND token_hash IS NULL),
    (SELECT count(*) FROM payments WHERE status IN ('PENDING', 'REFUND_PENDING')),
    (SELECT count(*) FROM refunds WHERE status = 'PENDING')`

	// Epochs and versions are raised further than any event can have come in the time that was
	// lost, by a step that people recognise. A map goes on from the version of its layout, and
	// a reader that knows an earlier one gets the whole map.
	raiseEventsSQL = `
UPDATE events SET epoch = epoch + 1000000000, pricing_version = pricing_version + 1000000000,
    layout_version = 1000000000 + greatest(layout_version, (SELECT max(version) FROM seats WHERE event_id = events.id),
        (SELECT max(version) FROM sections WHERE event_id = events.id), 0)`

	// A trigger ends the sessions and denies access tokens of lower versions, of sessions also
	// that this database does not know.
	endSessionsSQL = `
UPDATE users SET token_version = token_version + 1000 WHERE id IN (SELECT user_id FROM ` + liveSessions + `)`

	// A mail with a link that was not sent yet would lead nowhere, so it is not sent.
	endLinksSQL = `
UPDATE account_mails SET used_at = now(), withheld = withheld OR sent_at IS NULL, sent_at = coalesce(sent_at, now())
WHERE token_hash IS NOT NULL AND used_at IS NULL AND expires_at > now()`

	// References that somebody was told in the time that was lost are not given to others. A
	// sequence does not go back if the transaction does.
	skipReferencesSQL = `SELECT setval('booking_references', least(last_value + 1000000000, 1099511627775)) FROM booking_references`

	forgetMembersSQL = `DELETE FROM cluster_members`
)

// Versions lists up to limit events by their ids, which follow after, with the versions that
// their terms are of.
func (db *DB) Versions(ctx context.Context, after eventra.ID, limit int) (found []eventra.EventVersion, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, err = collect(ctx, conn, pgx.RowToStructByPos[eventra.EventVersion], `
			SELECT id, details_version, title, seats_total FROM events WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
		return err
	})
	return found, err
}
