package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// ListUsers lists accounts by address. With a text those come first whose address begins with it, and then those whose name
// does, by name. next is where the next page begins, nil on the last.
func (db *DB) ListUsers(ctx context.Context, f eventra.UserFilter, p eventra.Page) (users []*eventra.User, next *eventra.Cursor, err error) {
	roles := texts{string(f.Role)}
	if f.Role == "" {
		roles = texts{string(eventra.RoleUser), string(eventra.RoleAdmin)}
	}
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		after := eventra.Cursor{}
		if p.Cursor != nil {
			after = *p.Cursor
		}
		var found []listedUser
		if !after.Past {
			if found, err = listUsers(ctx, conn, usersByEmailSQL, roles, after.Text, f.Text, p.Limit+1); err != nil {
				return err
			}
			after = eventra.Cursor{Past: true}
		}
		if f.Text != "" && len(found) <= p.Limit {
			named, err := listUsers(ctx, conn, usersByNameSQL, roles, after.Text, f.Text, p.Limit+1-len(found), afterID(after))
			if err != nil {
				return err
			}
			found = append(found, named...)
		}
		found, next = cut(found, p, func(u *listedUser) eventra.Cursor { return u.at })
		for i := range found {
			users = append(users, found[i].User)
		}
		return nil
	})
	return users, next, err
}

// afterID is "" for the beginning of the list, before all ids.
func afterID(after eventra.Cursor) string {
	if after.ID.IsZero() {
		return ""
	}
	return after.ID.String()
}

// listedUser is an account and its position in the list.
type listedUser struct {
	*eventra.User
	at eventra.Cursor
}

func listUsers(ctx context.Context, conn *pgxpool.Conn, sql string, args ...any) ([]listedUser, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u listedUser, err error) {
		u.User, err = scanUser(row, &u.at.Past, &u.at.Text)
		if err == nil {
			u.at.ID = u.ID
		}
		return u, err
	})
}

// Each role is a range of an index, in whose order the rows come. The last character there is comes after all that begin with a
// text. A user whose address begins with it is not named again for the name.
const (
	usersByEmailSQL = `
SELECT found.* FROM unnest($1::text[]) AS r (role)
CROSS JOIN LATERAL (
    SELECT ` + userColumns + `, false, email COLLATE "C" AS at FROM users
    WHERE users.role = r.role AND email COLLATE "C" > $2 AND email COLLATE "C" >= lower($3) AND email COLLATE "C" < lower($3) || chr(1114111)
        AND erased_at IS NULL
    ORDER BY email COLLATE "C" LIMIT $4
) AS found
ORDER BY at LIMIT $4`

	usersByNameSQL = `
SELECT found.* FROM unnest($1::text[]) AS r (role)
CROSS JOIN LATERAL (
    SELECT ` + userColumns + `, true, lower(name) COLLATE "C" AS at FROM users
    WHERE users.role = r.role AND (lower(name) COLLATE "C", users.id::text COLLATE "C") > (greatest($2 COLLATE "C", lower($3)), $5)
        AND lower(name) COLLATE "C" < lower($3) || chr(1114111)
        AND NOT starts_with(email, lower($3)) AND erased_at IS NULL
    ORDER BY lower(name) COLLATE "C", users.id::text COLLATE "C" LIMIT $4
) AS found
ORDER BY at, id LIMIT $4`
)

const accountSQL = `SELECT ` + userColumns + ` FROM users WHERE id = $1 AND erased_at IS NULL`

// Account reads an account. CodeNotFound if there is none, or it was erased.
func (db *DB) Account(ctx context.Context, id eventra.ID) (*eventra.User, error) {
	return db.queryUser(ctx, accountSQL, id)
}

// adminsLock lets one change of roles happen at a time: of two administrators who demote each other, one stays.
const adminsLock = 7_236_101

// ChangeUser changes what an account may do, and returns the account. Everything that was granted to it before ends, if
// anything changes. CodeNotFound; CodeLastAdmin if no administrator would be left who is not disabled.
func (db *DB) ChangeUser(ctx context.Context, change eventra.UserChange) (user *eventra.User, err error) {
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(adminsLock)); err != nil {
			return err
		}
		before, err := scanUser(tx.QueryRow(ctx, accountSQL+` FOR UPDATE`, change.UserID))
		if err != nil {
			return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such user"))
		}
		user, err = changeUser(ctx, tx, before, change.Of(before))
		return err
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// changeUser makes before what after is.
func changeUser(ctx context.Context, tx pgx.Tx, before, after *eventra.User) (*eventra.User, error) {
	if before.Administers() && !after.Administers() {
		var others bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL AND id <> $1)`, before.ID).Scan(&others)
		if err != nil {
			return nil, err
		}
		if !others {
			return nil, eventra.Errorf(eventra.CodeLastAdmin, "nobody else could administer then")
		}
	}
	was, is := after.AuditFacts(before)
	if len(is) == 0 {
		return before, nil
	}
	stored, err := scanUser(tx.QueryRow(ctx, `
		UPDATE users SET role = $2, disabled_at = CASE WHEN $3::boolean THEN coalesce(disabled_at, now()) END WHERE id = $1
		RETURNING `+userColumns, before.ID, string(after.Role), after.Disabled))
	if err != nil {
		return nil, err
	}
	return stored, writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutUser(eventra.ID{}, eventra.AuditUserUpdate, before.ID, was, is))
}
