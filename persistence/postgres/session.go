package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// CreateSession stores a login and its first refresh token.
func (db *DB) CreateSession(ctx context.Context, s *eventra.Session) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `
			WITH session AS (INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, $4))
			INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($3, $1, $4)`,
			s.ID, s.UserID, s.TokenHash[:], s.ExpiresAt)
		return err
	})
}

var errInvalidRefreshToken = eventra.Errorf(eventra.CodeInvalidRefreshToken, "the refresh token is not valid")

// RotateSession uses up a refresh token and stores its successor. It returns the
// user and the session's id. CodeInvalidRefreshToken for a token that is unknown,
// expired, revoked or used. A used token was stolen or copied, so it also ends
// its whole family, which is committed.
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
		return nil, eventra.ID{}, errInvalidRefreshToken
	}
	return user, session, nil
}

// rotate returns no error for an invalid token, so that what it wrote commits.
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
		return nil, session, false, nil
	case err != nil:
		return nil, session, false, err
	case used:
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL`, session)
		return nil, session, false, err
	case dead:
		return nil, session, false, nil
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

// EndSession revokes the family of a refresh token, if it is this user's, and
// denies the access token until it expires.
func (db *DB) EndSession(
	ctx context.Context, userID eventra.ID, refresh [32]byte, accessID eventra.ID, accessExpires time.Time,
) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `
			WITH revoked AS (
				UPDATE sessions SET revoked_at = now() FROM refresh_tokens
				WHERE hash = $2 AND sessions.id = session_id AND user_id = $1 AND revoked_at IS NULL
			)
			INSERT INTO denied_tokens (access_id, expires_at, denied_at) VALUES ($3, $4, now()) ON CONFLICT DO NOTHING`,
			userID, refresh[:], accessID, accessExpires)
		return err
	})
}

// DeniedSince lists unexpired tokens that were denied at or after a time of the
// store's clock, oldest first. Rows become visible a moment after the time they
// carry, so callers ask with an overlap of some seconds.
func (db *DB) DeniedSince(ctx context.Context, after time.Time) (denied []eventra.DeniedToken, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, deniedSinceSQL, after)
		if err != nil {
			return err
		}
		denied, err = pgx.CollectRows(rows, pgx.RowToStructByPos[eventra.DeniedToken])
		return err
	})
	return denied, err
}

const deniedSinceSQL = `
SELECT access_id, expires_at, denied_at FROM denied_tokens
WHERE denied_at >= $1 AND expires_at > now() ORDER BY denied_at`
