package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const openSessionsSQL = `
SELECT id, created_at, coalesce((SELECT max(used_at) FROM refresh_tokens WHERE session_id = sessions.id), created_at), expires_at,
    coalesce(address, ''), coalesce(user_agent, '')
FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() AND (created_at, id) < ($2::timestamptz, $3::uuid)
ORDER BY created_at DESC, id DESC LIMIT $4`

// OpenSessions lists a user's sessions that have not ended, newest first. next is where the
// next page begins, nil on the last.
func (db *DB) OpenSessions(
	ctx context.Context, userID eventra.ID, p eventra.Page,
) (sessions []eventra.OpenSession, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, openSessionsSQL, userID, before, beforeID, p.Limit+1)
		if err != nil {
			return err
		}
		sessions, err = pgx.CollectRows(rows, scanOpenSession)
		return err
	})
	sessions, next = cut(sessions, p, func(s *eventra.OpenSession) eventra.Cursor { return eventra.Cursor{Time: s.CreatedAt, ID: s.ID} })
	return sessions, next, err
}

func scanOpenSession(row pgx.CollectableRow) (s eventra.OpenSession, err error) {
	err = row.Scan(&s.ID, &s.CreatedAt, &s.LastUsedAt, &s.ExpiresAt, &s.Client.Address, &s.Client.UserAgent)
	return s, err
}

// EndOneSession ends a user's session, also if it has ended before. CodeNotFound if the
// user never had it, or it is forgotten.
func (db *DB) EndOneSession(ctx context.Context, userID, session eventra.ID) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		ended, err := conn.Exec(ctx, `UPDATE sessions SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND user_id = $2`, session, userID)
		if err == nil && ended.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeNotFound, "no such session")
		}
		return err
	})
}

// EndAllSessions ends a user's sessions, and returns the version below which the user's
// access tokens have ended. CodeNotFound if there is no such user.
func (db *DB) EndAllSessions(ctx context.Context, userID eventra.ID) (version int, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		err := conn.QueryRow(ctx, `UPDATE users SET token_version = token_version + 1 WHERE id = $1 RETURNING token_version`,
			userID).Scan(&version)
		return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such user"))
	})
	return version, err
}

// ChangePassword stores a new password, ends all of the user's sessions but one, and returns
// the version below which the user's access tokens have ended, those of the kept session
// included. The user is told by mail. CodeInvalidCredentials if the user has changed since the
// old password was checked, or is disabled or gone.
func (db *DB) ChangePassword(ctx context.Context, change eventra.PasswordChange) (version int, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		version, err = changePassword(ctx, tx, change)
		return err
	})
	return version, err
}

// changePassword locks the user before the session, as everything does that locks both.
func changePassword(ctx context.Context, tx pgx.Tx, change eventra.PasswordChange) (version int, err error) {
	email, err := lockAccount(ctx, tx, change.UserID, change.TokenVersion)
	if err != nil {
		return 0, err
	}
	var revoked *time.Time
	err = tx.QueryRow(ctx, `SELECT revoked_at FROM sessions WHERE id = $1 AND user_id = $2 FOR UPDATE`,
		change.KeptSession, change.UserID).Scan(&revoked)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	if err := tx.QueryRow(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING token_version`,
		change.UserID, change.Hash).Scan(&version); err != nil {
		return 0, err
	}
	// A trigger has ended the kept session like the others.
	_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND user_id = $3`, change.KeptSession, revoked, change.UserID)
	if err != nil {
		return 0, err
	}
	return version, tellPassword(ctx, tx, change.UserID, email)
}
