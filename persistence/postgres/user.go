package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const userColumns = `users.id, email, name, role, password_hash, users.created_at, token_version, disabled_at IS NOT NULL`

func scanUser(row pgx.Row) (*eventra.User, error) {
	u := &eventra.User{}
	err := row.Scan(&u.ID, &u.Email, &u.Name, &u.Role, &u.PasswordHash, &u.CreatedAt, &u.TokenVersion, &u.Disabled)
	return u, err
}

// CreateUser adds a user. CodeEmailTaken if the address has another account. It is
// no error if the same user exists, so a request may be repeated.
func (db *DB) CreateUser(ctx context.Context, u *eventra.User) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		added, err := conn.Exec(ctx, `
			INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, u.ID, u.Email, u.Name, string(u.Role), u.PasswordHash, u.CreatedAt)
		if err != nil || added.RowsAffected() == 1 {
			return err
		}
		var same bool
		err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE id = $1 AND email = $2)`, u.ID, u.Email).Scan(&same)
		if err == nil && !same {
			return eventra.Errorf(eventra.CodeEmailTaken, "an account with this e-mail address exists")
		}
		return err
	})
}

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
	return db.users.Call(ctx, id)
}

const usersExistSQL = `
SELECT (SELECT true FROM users WHERE users.id = wanted.id LIMIT 1) IS NOT NULL
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, position) ORDER BY position`

// usersExist answers [DB.UserExists] for many.
func usersExist(ctx context.Context, conn *pgxpool.Conn, ids []eventra.ID) ([]bool, error) {
	wanted := make(uuids, len(ids))
	for i, id := range ids {
		wanted[i] = uuid(id)
	}
	rows, err := conn.Query(ctx, usersExistSQL, wanted)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[bool])
}

// MakeAdmin gives an account the role ADMIN and a password. Everything that was granted
// to it before ends. CodeNotFound if the account is gone.
func (db *DB) MakeAdmin(ctx context.Context, id eventra.ID, passwordHash []byte) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		made, err := conn.Exec(ctx, `UPDATE users SET role = 'ADMIN', password_hash = $2 WHERE id = $1`, id, passwordHash)
		if err == nil && made.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeNotFound, "no such user")
		}
		return err
	})
}
