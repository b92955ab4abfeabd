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
			session AS (INSERT INTO sessions (id, user_id, expires_at, address, user_agent) SELECT $1, id, $4, $6, $7 FROM owner RETURNING id)
			INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $3, id, $4 FROM session`,
			s.ID, s.UserID, s.TokenHash[:], s.ExpiresAt, s.TokenVersion, s.Client.Address, s.Client.UserAgent)
		if err == nil && made.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeInvalidCredentials, "the account has changed, or may not sign in")
		}
		return err
	})
}

var errInvalidRefreshToken = eventra.Errorf(eventra.CodeInvalidRefreshToken, "the refresh token is not valid")

// refreshGrace is how long a used token still gets its successor: clients send a refresh
// again when its answer is lost, or send several at once.
const refreshGrace = 10 * time.Second

// RotateSession uses a refresh token up and stores its successor. The same token again
// gets the same successor within refreshGrace, until the successor is used.
// CodeInvalidRefreshToken for a token that is unknown, expired, revoked or used. A used
// token was stolen or copied, so it also ends its whole session, which is committed; then
// the session's id comes with the error.
func (db *DB) RotateSession(ctx context.Context, r eventra.Rotation) (rotated eventra.Rotated, err error) {
	valid := false
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		rotated, valid, err = rotate(ctx, tx, r)
		return err
	})
	switch {
	case err != nil:
		return eventra.Rotated{}, err
	case !valid:
		return rotated, errInvalidRefreshToken
	}
	return rotated, nil
}

// rotate returns no error for an invalid token, so that what it wrote commits. The session
// of an invalid token is zero unless it has just ended.
func rotate(ctx context.Context, tx pgx.Tx, r eventra.Rotation) (rotated eventra.Rotated, valid bool, err error) {
	// The session's row alone is locked, before any token's: requests with tokens of one
	// session come one after another, and see what the one before has written.
	var session, userID eventra.ID
	var started time.Time
	var revoked bool
	err = tx.QueryRow(ctx, `
		SELECT id, user_id, created_at, revoked_at IS NOT NULL FROM sessions
		WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1) FOR UPDATE`,
		r.Presented[:]).Scan(&session, &userID, &started, &revoked)
	if errors.Is(err, pgx.ErrNoRows) || revoked {
		return rotated, false, nil
	}
	if err != nil {
		return rotated, false, err
	}
	var now time.Time
	var used, expired bool
	var successor []byte
	err = tx.QueryRow(ctx, `
		SELECT clock_timestamp(), used_at IS NOT NULL, expires_at <= now(), CASE WHEN used_at > now() - $2::interval THEN successor END
		FROM refresh_tokens WHERE hash = $1`, r.Presented[:], refreshGrace).Scan(&now, &used, &expired, &successor)
	if err != nil {
		return rotated, false, err
	}
	if ends := started.Add(r.SessionLife); r.SessionLife > 0 && ends.Before(r.ExpiresAt) {
		r.ExpiresAt, expired = ends, expired || !now.Before(ends)
	}
	switch {
	case expired:
		return rotated, false, nil
	case used && successor == nil:
		rotated.SessionID, rotated.UserID = session, userID
		_, err = tx.Exec(ctx, `UPDATE sessions SET revoked_at = now() WHERE id = $1`, session)
		return rotated, false, err
	case used:
		copy(r.Sealed[:], successor)
	default:
		if err := storeSuccessor(ctx, tx, session, r); err != nil {
			return rotated, false, err
		}
	}
	rotated.SessionID, rotated.UserID, rotated.Sealed = session, userID, r.Sealed
	rotated.User, err = scanUser(tx.QueryRow(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, userID))
	return rotated, err == nil, err
}

func storeSuccessor(ctx context.Context, tx pgx.Tx, session eventra.ID, r eventra.Rotation) error {
	_, err := tx.Exec(ctx, `
		WITH used AS (UPDATE refresh_tokens SET used_at = now(), successor = $5 WHERE hash = $1),
		followed AS (UPDATE refresh_tokens SET successor = NULL WHERE session_id = $3 AND hash <> $1 AND successor IS NOT NULL),
		lengthened AS (UPDATE sessions SET expires_at = $4 WHERE id = $3)
		INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($2, $3, $4)`,
		r.Presented[:], r.Successor[:], session, r.ExpiresAt, r.Sealed[:])
	return err
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
