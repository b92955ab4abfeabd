package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// CreateSession stores a log-in and its first refresh token. CodeInvalidCredentials if
// the user's token version has changed since the log-in read it, or the user is disabled or
// gone: the password that was checked may not be the user's any more.
func (db *DB) CreateSession(ctx context.Context, s *eventra.Session) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		// The lock makes a change of the user wait for this session, so that it ends it too.
		made, err := conn.Exec(ctx, `
			WITH owner AS (SELECT id FROM users WHERE id = $2 AND token_version = $5 AND disabled_at IS NULL FOR SHARE),
			session AS (INSERT INTO sessions (id, user_id, expires_at) SELECT $1, id, $4 FROM owner RETURNING id)
			INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $3, id, $4 FROM session`,
			s.ID, s.UserID, s.TokenHash[:], s.ExpiresAt, s.TokenVersion)
		if err == nil && made.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeInvalidCredentials, "the account has changed, or may not sign in")
		}
		return err
	})
}

var errInvalidRefreshToken = eventra.Errorf(eventra.CodeInvalidRefreshToken, "the refresh token is not valid")

// RotateSession uses up a refresh token and stores its successor. It returns the
// user and the session's id. CodeInvalidRefreshToken for a token that is unknown,
// expired, revoked or used. A used token was stolen or copied, so it also ends
// its whole session, which is committed; then the session's id comes with the error.
func (db *DB) RotateSession(ctx context.Context, r eventra.Rotation) (user *eventra.User, session eventra.ID, err error) {
	valid := false
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		user, session, valid, err = rotate(ctx, tx, r)
		return err
	})
	switch {
	case err != nil:
		return nil, eventra.ID{}, err
	case !valid:
		return nil, session, errInvalidRefreshToken
	}
	return user, session, nil
}

// rotate returns no error for an invalid token, so that what it wrote commits. The session
// of an invalid token is zero unless it has ended.
func rotate(ctx context.Context, tx pgx.Tx, r eventra.Rotation) (user *eventra.User, session eventra.ID, valid bool, err error) {
	// Both rows are locked: another request with the same token waits, and then finds it used.
	var userID eventra.ID
	var used, dead bool
	err = tx.QueryRow(ctx, `
		SELECT sessions.id, user_id, used_at IS NOT NULL, revoked_at IS NOT NULL OR refresh_tokens.expires_at <= now()
		FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $1 FOR UPDATE`,
		r.Presented[:]).Scan(&session, &userID, &used, &dead)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, eventra.ID{}, false, nil
	case err != nil:
		return nil, eventra.ID{}, false, err
	case used:
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL`, session)
		return nil, session, false, err
	case dead:
		return nil, eventra.ID{}, false, nil
	}
	_, err = tx.Exec(ctx, `
		WITH used AS (UPDATE refresh_tokens SET used_at = now() WHERE hash = $1),
		lengthened AS (UPDATE sessions SET expires_at = $4 WHERE id = $3)
		INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($2, $3, $4)`,
		r.Presented[:], r.Successor[:], session, r.ExpiresAt)
	if err != nil {
		return nil, session, false, err
	}
	user, err = scanUser(tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, userID))
	return user, session, err == nil, err
}

// EndSession ends the session of the access token and, if it is this user's, the one of
// the refresh token, and denies the access token. CodeInvalidRefreshToken, which undoes
// nothing, if the refresh token is unknown or another user's.
func (db *DB) EndSession(
	ctx context.Context, caller eventra.AccessTokenID, refresh [32]byte, accessExpires time.Time,
) (ended []eventra.ID, err error) {
	known := false
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		var family eventra.ID
		err := tx.QueryRow(ctx, `
			SELECT sessions.id FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $1 AND user_id = $2`,
			refresh[:], caller.UserID).Scan(&family)
		if known = err == nil; err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		ended = []eventra.ID{caller.SessionID}
		if known && family != caller.SessionID {
			ended = append(ended, family)
		}
		for _, session := range ended {
			if _, err := tx.Exec(ctx, `UPDATE sessions SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL`,
				session, caller.UserID); err != nil {
				return err
			}
		}
		// Members of the previous release know denied tokens, but not denied sessions.
		_, err = tx.Exec(ctx, `INSERT INTO denied_tokens (access_id, expires_at, denied_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING`,
			caller.AccessID, accessExpires)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !known {
		return ended, errInvalidRefreshToken
	}
	return ended, nil
}

// DeniedSince lists the denials that have not expired and were made at or after a time of
// the store's clock, oldest first. Rows become visible a moment after the time they carry,
// so callers ask with an overlap of some seconds.
func (db *DB) DeniedSince(ctx context.Context, after time.Time) (denied []eventra.Denial, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, deniedSinceSQL, after)
		if err != nil {
			return err
		}
		denied, err = pgx.CollectRows(rows, pgx.RowToStructByPos[eventra.Denial])
		return err
	})
	return denied, err
}

const deniedSinceSQL = `
SELECT access_id, below_version, expires_at, denied_at FROM denied_tokens
WHERE denied_at >= $1 AND expires_at > now() ORDER BY denied_at`
