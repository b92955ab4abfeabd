package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// VerifyEmail notes that mails to an account's address are read, by the hash of the token
// that one of them brought. A new address becomes the account's, and the old one is told.
// CodeInvalidToken as for all one-time tokens; CodeEmailTaken if another account has the new
// address by now, which leaves the token as it is.
func (db *DB) VerifyEmail(ctx context.Context, token [32]byte) (done eventra.Verification, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		used, err := useToken(ctx, tx, token, eventra.MailVerify, eventra.MailChange)
		if err != nil {
			return err
		}
		done = eventra.Verification{UserID: used.userID, Changed: used.address != used.email}
		if used.kind == eventra.MailVerify && done.Changed {
			return errInvalidToken // the account has another address since
		}
		return takeAddress(ctx, tx, &used)
	})
	if err != nil {
		return eventra.Verification{}, err
	}
	return done, nil
}

// takeAddress makes the address of a used token the account's, and verified.
func takeAddress(ctx context.Context, tx pgx.Tx, used *usedToken) error {
	if used.address == used.email {
		_, err := tx.Exec(ctx, `UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1`, used.userID)
		return err
	}
	changed, err := tx.Exec(ctx, `
		UPDATE users SET email = $2, email_verified_at = now()
		WHERE id = $1 AND NOT EXISTS (SELECT FROM users AS others WHERE others.email = $2)`, used.userID, used.address)
	if isUniqueViolation(err) || err == nil && changed.RowsAffected() == 0 {
		return errEmailTaken
	}
	if err != nil {
		return err
	}
	_, err = sendAccountMail(ctx, tx, &eventra.AccountMail{Kind: eventra.MailAddressChanged, Address: used.email, UserID: used.userID})
	return err
}

func isUniqueViolation(err error) bool {
	fault, ok := errors.AsType[*pgconn.PgError](err)
	return ok && fault.Code == uniqueViolation
}

const uniqueViolation = "23505"

// ResetPassword replaces the password of an account, by the hash of a token that a mail to
// its address brought. All its sessions and tokens end; the version is that below which its
// access tokens have ended. The address that the mail went to is verified by it, and is the
// account's again if a change, of which that mail told, was made meanwhile.
// CodeInvalidToken as for all one-time tokens.
func (db *DB) ResetPassword(ctx context.Context, reset eventra.PasswordReset) (userID eventra.ID, version int, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		used, err := useToken(ctx, tx, reset.Token, eventra.MailReset, eventra.MailChangeAsked)
		if err != nil {
			return err
		}
		userID = used.userID
		if err := takeAddress(ctx, tx, &used); err != nil {
			return orInvalidToken(err)
		}
		err = tx.QueryRow(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING token_version`, userID, reset.Hash).Scan(&version)
		if err != nil {
			return err
		}
		if err := endTokens(ctx, tx, userID, used.address); err != nil {
			return err
		}
		return tellPassword(ctx, tx, userID, used.address)
	})
	return userID, version, err
}

// orInvalidToken makes a token good for nothing whose address somebody else has by now.
func orInvalidToken(err error) error {
	if eventra.CodeOf(err) == eventra.CodeEmailTaken {
		return errInvalidToken
	}
	return err
}

// tellPassword tells an account's owner that its password is another one.
func tellPassword(ctx context.Context, tx pgx.Tx, userID eventra.ID, address string) error {
	_, err := sendAccountMail(ctx, tx, &eventra.AccountMail{Kind: eventra.MailPasswordChanged, Address: address, UserID: userID})
	return err
}

// ResetAddress returns the address of the account whose password a token may replace.
// CodeInvalidToken as for all one-time tokens.
func (db *DB) ResetAddress(ctx context.Context, token [32]byte) (email string, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		err := conn.QueryRow(ctx, `
			SELECT owner.email FROM account_mails`+ownerSQL+`
			WHERE token_hash = $1 AND kind IN ('reset', 'change-asked') AND used_at IS NULL AND expires_at > now() AND owner.id IS NOT NULL`,
			token[:]).Scan(&email)
		return orNotFound(err, errInvalidToken)
	})
	return email, err
}

// errAccountChanged refuses what rests on a check of a password that may not be the user's any
// more.
var errAccountChanged = eventra.Errorf(eventra.CodeInvalidCredentials, "the account has changed, or may not sign in")

// lockAccount locks a user who has not changed since the password was checked, and returns the
// address. CodeInvalidCredentials if the user has changed, or is disabled or gone.
func lockAccount(ctx context.Context, tx pgx.Tx, userID eventra.ID, tokenVersion int) (email string, err error) {
	err = tx.QueryRow(ctx, `SELECT email FROM users WHERE id = $1 AND token_version = $2 AND disabled_at IS NULL FOR UPDATE`,
		userID, tokenVersion).Scan(&email)
	return email, orNotFound(err, errAccountChanged)
}

// RenameUser changes a user's name. CodeNotFound if there is no such user.
func (db *DB) RenameUser(ctx context.Context, userID eventra.ID, name string) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		renamed, err := conn.Exec(ctx, `UPDATE users SET name = $2 WHERE id = $1 AND erased_at IS NULL`, userID, name)
		if err == nil && renamed.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeNotFound, "no such user")
		}
		return err
	})
}

// AskForAddress writes the mails of a change of address, both or none: no address changes
// without the old one being told. CodeRateLimited if one of the addresses had enough of its kind
// within the hour, CodeInvalidCredentials as for [DB.ChangePassword].
func (db *DB) AskForAddress(ctx context.Context, change *eventra.AddressChange) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := lockAccount(ctx, tx, change.UserID, change.TokenVersion); err != nil {
			return err
		}
		for _, mail := range []*eventra.AccountMail{change.Told, &change.Mail} {
			if mail == nil {
				continue
			}
			written, err := sendAccountMail(ctx, tx, mail)
			if err != nil {
				return err
			}
			if !written {
				return eventra.Errorf(eventra.CodeRateLimited, "too many mails to this address")
			}
		}
		return nil
	})
}

// EraseUser makes a user a row that stands for what somebody bought: without name and address,
// and closed for good. Sessions and tokens end; the version is that below which access tokens
// have ended. What was noted of the bookings goes as well; bookings and payments stay. CodeInvalidCredentials as for
// [DB.ChangePassword].
func (db *DB) EraseUser(ctx context.Context, erasure eventra.Erasure) (version int, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		email, err := lockAccount(ctx, tx, erasure.UserID, erasure.TokenVersion)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, eraseUserSQL, erasure.UserID, erasure.NoPassword).Scan(&version); err != nil {
			return err
		}
		for _, sql := range []string{`UPDATE sessions SET address = NULL, user_agent = NULL WHERE user_id = $1`, eraseNotesSQL} {
			if _, err := tx.Exec(ctx, sql, erasure.UserID); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM account_mails WHERE id = ANY (ARRAY (
				SELECT id FROM account_mails WHERE user_id = $1 UNION ALL SELECT id FROM account_mails WHERE address = $2))`,
			erasure.UserID, email)
		return err
	})
	return version, err
}

// A stranger who could guess the pseudonym might register it first.
const eraseUserSQL = `
UPDATE users SET email = 'erased-' || gen_random_uuid() || '@erased.invalid', name = 'Erased', role = 'USER', password_hash = $2,
    disabled_at = now(), erased_at = now(), email_verified_at = NULL
WHERE id = $1 RETURNING token_version`
