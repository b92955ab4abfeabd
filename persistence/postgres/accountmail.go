package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Register adds a user and, if it is not the repetition of a request, the mail that verifies
// the address. CodeEmailTaken as for [DB.CreateUser].
func (db *DB) Register(ctx context.Context, u *eventra.User, mail *eventra.AccountMail) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		added, err := conn.Exec(ctx, `
			WITH added AS (`+insertUserSQL+` RETURNING id)
			INSERT INTO account_mails (kind, address, user_id, id, token_hash, expires_at) SELECT $8, $2, id, $9, $10, $11 FROM added`,
			append(insertUserArgs(u), string(mail.Kind), mail.Token.ID, mail.Token.Hash[:], mail.Token.ExpiresAt)...)
		return orEmailTaken(ctx, conn, u, added, err)
	})
}

// SendAccountMail writes a mail to be sent, unless its address had enough of that kind
// within the hour. It does the same whether anybody has the address.
func (db *DB) SendAccountMail(ctx context.Context, mail *eventra.AccountMail) (written bool, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		written, err = sendAccountMail(ctx, conn, mail)
		return err
	})
	return written, err
}

func sendAccountMail(ctx context.Context, on executor, mail *eventra.AccountMail) (written bool, err error) {
	var id, user *eventra.ID
	var hash []byte
	var expires *time.Time
	if !mail.Token.ID.IsZero() {
		id, hash, expires = &mail.Token.ID, mail.Token.Hash[:], &mail.Token.ExpiresAt
	}
	if !mail.UserID.IsZero() {
		user = &mail.UserID
	}
	added, err := on.Exec(ctx, sendAccountMailSQL, string(mail.Kind), mail.Address, user, id, hash, expires, eventra.AccountMailsPerHour)
	return added.RowsAffected() == 1, err
}

const sendAccountMailSQL = `
INSERT INTO account_mails (kind, address, user_id, id, token_hash, expires_at)
SELECT $1, $2, $3, coalesce($4::uuid, gen_random_uuid()), $5, $6
WHERE (SELECT count(*) FROM (
    SELECT FROM account_mails WHERE address = $2 AND kind = $1 AND created_at > now() - interval '1 hour' LIMIT $7) AS before) < $7`

// accountMail reads what a mail about an account says. It is obsolete if nobody has the
// account, or its link is good for nothing any more.
func (db *DB) accountMail(ctx context.Context, ref eventra.MailRef) (mail *eventra.Mail, state eventra.MailState, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		m := &eventra.Mail{MailRef: ref}
		var ended, obsolete bool
		var hash []byte
		var expires *time.Time
		err := conn.QueryRow(ctx, accountMailSQL, ref.About).Scan(&ended, &obsolete, &m.To, &m.Name, &hash, &expires)
		if err != nil {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such mail"))
		}
		copy(m.TokenHash[:], hash)
		if expires != nil {
			m.TokenExpires = *expires
		}
		switch {
		case ended:
			state = eventra.MailEnded
		case obsolete:
			state = eventra.MailObsolete
		}
		mail = m
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return mail, state, nil
}

// ownerSQL finds the account that a mail is about.
const ownerSQL = `
LEFT JOIN LATERAL (
    SELECT id, email, name, email_verified_at FROM users
    WHERE id = coalesce(account_mails.user_id, (SELECT id FROM users WHERE email = account_mails.address LIMIT 1))
        AND erased_at IS NULL AND disabled_at IS NULL
    LIMIT 1) AS owner ON true`

const accountMailSQL = `
SELECT sent_at IS NOT NULL, owner.id IS NULL OR coalesce(expires_at <= now(), false) OR used_at IS NOT NULL
        OR kind = 'verify' AND (owner.email <> address OR owner.email_verified_at IS NOT NULL),
    address, coalesce(owner.name, ''), token_hash, expires_at
FROM account_mails` + ownerSQL + `
WHERE account_mails.id = $1`

// useToken uses a token of some kinds up, and returns the row's mail and its account. The
// account's row is locked before, as everywhere. CodeInvalidToken for a token that is unknown,
// used or expired, or whose account is gone.
func useToken(ctx context.Context, tx pgx.Tx, hash [32]byte, kinds ...eventra.MailKind) (used usedToken, err error) {
	_, err = tx.Exec(ctx, `
		SELECT FROM users WHERE id = (SELECT owner.id FROM account_mails`+ownerSQL+` WHERE token_hash = $1) FOR UPDATE`, hash[:])
	if err != nil {
		return used, err
	}
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	err = tx.QueryRow(ctx, useTokenSQL, hash[:], names).Scan(&used.kind, &used.address, &used.userID, &used.email)
	return used, orNotFound(err, errInvalidToken)
}

// usedToken is a token that was good, with the mail that brought it and the account.
type usedToken struct {
	kind    eventra.MailKind
	address string // where the mail went
	userID  eventra.ID
	email   string // which the account has
}

var errInvalidToken = eventra.Errorf(eventra.CodeInvalidToken, "the link was used before, has expired, or is not complete")

const useTokenSQL = `
WITH found AS MATERIALIZED (
    SELECT account_mails.id, owner.id AS user_id, owner.email FROM account_mails` + ownerSQL + `
    WHERE token_hash = $1 AND kind = ANY ($2) AND used_at IS NULL AND expires_at > now() AND owner.id IS NOT NULL)
UPDATE account_mails SET used_at = now() FROM found
WHERE account_mails.id = (SELECT id FROM found) AND used_at IS NULL
RETURNING kind, address, found.user_id, found.email`

// endTokens ends the tokens of an account that have not been used.
func endTokens(ctx context.Context, tx pgx.Tx, userID eventra.ID, email string) error {
	_, err := tx.Exec(ctx, `
		UPDATE account_mails SET used_at = now()
		WHERE id = ANY (ARRAY (
			SELECT id FROM account_mails WHERE user_id = $1 AND token_hash IS NOT NULL AND used_at IS NULL
			UNION ALL
			SELECT id FROM account_mails WHERE address = $2 AND user_id IS NULL AND token_hash IS NOT NULL AND used_at IS NULL))`,
		userID, email)
	return err
}
