package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const userColumns = `users.id, email, name, role, password_hash, users.created_at`

func scanUser(row pgx.Row) (*eventra.User, error) {
	u := &eventra.User{}
	err := row.Scan(&u.ID, &u.Email, &u.Name, &u.Role, &u.PasswordHash, &u.CreatedAt)
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
		return orNotFound(err, eventra.CodeNotFound, "no such user")
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// EnsureAdmin makes the address an ADMIN with that password: it adds the account,
// or gives the existing one the role and the password.
func (db *DB) EnsureAdmin(ctx context.Context, u *eventra.User) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `
			INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, 'ADMIN', $4, $5)
			ON CONFLICT (email) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash
			WHERE (users.role, users.password_hash) IS DISTINCT FROM (excluded.role, excluded.password_hash)`,
			u.ID, u.Email, u.Name, u.PasswordHash, u.CreatedAt)
		return err
	})
}
