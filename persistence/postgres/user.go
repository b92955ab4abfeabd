package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const userColumns = `users.id, email, name, role, password_hash, users.created_at, token_version, disabled_at IS NOT NULL, email_verified_at IS NOT NULL`

// scanUser reads userColumns, and what comes after them.
func scanUser(row pgx.Row, more ...any) (*eventra.User, error) {
	u := &eventra.User{}
	err := row.Scan(append([]any{&u.ID, &u.Email, &u.Name, &u.Role, &u.PasswordHash, &u.CreatedAt, &u.TokenVersion, &u.Disabled, &u.Verified}, more...)...)
	return u, err
}

// CreateUser adds a user. CodeEmailTaken if the address has another account. It is
// no error if the same user exists, so a request may be repeated.
func (db *DB) CreateUser(ctx context.Context, u *eventra.User) error {
	if u.Role != eventra.RoleAdmin {
		return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error { return createUser(ctx, conn, u) })
	}
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if err := createUser(ctx, tx, u); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutUser(u.ID, eventra.AuditUserCreate, u.ID,
			nil, eventra.Facts{"role": string(u.Role)}))
	})
}

func createUser(ctx context.Context, conn executor, u *eventra.User) error {
	added, err := conn.Exec(ctx, insertUserSQL, insertUserArgs(u)...)
	return orEmailTaken(ctx, conn, u, added, err)
}

const insertUserSQL = `
INSERT INTO users (id, email, name, role, password_hash, created_at, email_verified_at)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7::boolean THEN $6::timestamptz END) ON CONFLICT DO NOTHING`

func insertUserArgs(u *eventra.User) []any {
	return []any{u.ID, u.Email, u.Name, string(u.Role), u.PasswordHash, u.CreatedAt, u.Verified}
}

// orEmailTaken completes the error of an insertion that added the user or did nothing.
func orEmailTaken(ctx context.Context, conn querier, u *eventra.User, added pgconn.CommandTag, err error) error {
	if err != nil || added.RowsAffected() == 1 {
		return err
	}
	var same bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE id = $1 AND email = $2)`, u.ID, u.Email).Scan(&same)
	if err == nil && !same {
		return errEmailTaken
	}
	return err
}

var errEmailTaken = eventra.Errorf(eventra.CodeEmailTaken, "an account with this e-mail address exists")

// UserByEmail reads the account of a normalized address. CodeNotFound if there is
// none.
func (db *DB) UserByEmail(ctx context.Context, email string) (*eventra.User, error) {
	return db.queryUser(ctx, `SELECT `+userColumns+` FROM users WHERE email = $1`, email)
}

// UserByID reads an account. CodeNotFound if there is none.
func (db *DB) UserByID(ctx context.Context, id eventra.ID) (*eventra.User, error) {
	return db.queryUser(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
}

func (db *DB) queryUser(ctx context.Context, sql string, arg any) (user *eventra.User, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, err := scanUser(conn.QueryRow(ctx, sql, arg))
		user = found
		return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such user"))
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// UserExists reports whether there is such an account. Concurrent calls share a round trip.
func (db *DB) UserExists(ctx context.Context, id eventra.ID) (bool, error) {
	verified, err := db.users.Call(ctx, id)
	return verified != nil, err
}

// EmailVerified reports whether there is such an account and its address is verified.
// Concurrent calls share a round trip.
func (db *DB) EmailVerified(ctx context.Context, id eventra.ID) (bool, error) {
	verified, err := db.users.Call(ctx, id)
	return verified != nil && *verified, err
}

const usersVerifiedSQL = `
SELECT (SELECT email_verified_at IS NOT NULL FROM users WHERE users.id = wanted.id LIMIT 1)
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, position) ORDER BY position`

// usersVerified answers [DB.EmailVerified] for many: nil for those that do not exist.
func usersVerified(ctx context.Context, conn *pgxpool.Conn, ids []eventra.ID) ([]*bool, error) {
	rows, err := conn.Query(ctx, usersVerifiedSQL, uuidsOf(ids))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[*bool])
}

// MakeAdmin gives an account the role ADMIN and a password, and vouches for its address. Everything that was granted
// to it before ends. CodeNotFound if the account is gone.
func (db *DB) MakeAdmin(ctx context.Context, id eventra.ID, passwordHash []byte) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		var role string
		err := tx.QueryRow(ctx, `SELECT role FROM users WHERE id = $1 FOR UPDATE`, id).Scan(&role)
		if err != nil {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such user"))
		}
		if _, err := tx.Exec(ctx, makeAdminSQL, id, passwordHash); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutUser(eventra.ID{}, eventra.AuditUserUpdate, id,
			eventra.Facts{"role": role}, eventra.Facts{"role": string(eventra.RoleAdmin), "password": "replaced"}))
	})
}

const makeAdminSQL = `
UPDATE users SET role = 'ADMIN', password_hash = $2, email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1`
