package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrPooler means that the address is that of a connection pooler, such as PgBouncer, which
// gives a session to several clients or drops its settings. Prepared statements, settings and
// notifications belong to sessions.
var ErrPooler = errors.New("EVENTRA_POSTGRES_URL leads to a connection pooler such as PgBouncer, which does not keep sessions and their settings: " +
	"name PostgreSQL itself; each instance has a pool of its own, which pool_max_conns in the URL bounds")

// poolerStates are the SQLSTATEs of a setting that a pooler refuses, and of a prepared statement
// that it has lost, or lent to another client.
var poolerStates = map[string]string{"08P01": "startup parameter", "26000": "", "42P05": ""}

// CheckSessions returns ErrPooler unless each connection is a session of its own, with the
// settings that it asked for.
func (db *DB) CheckSessions(ctx context.Context) error {
	var first, second, present int
	err := db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		if err := conn.QueryRow(ctx, sessionSQL).Scan(&first, &present); err != nil {
			return err
		}
		// Another client takes the session that this one has left, if a pooler lends it by
		// transaction.
		return db.withConnOf(ctx, db.layouts, callTimeout, func(ctx context.Context, other *pgxpool.Conn) error {
			return other.QueryRow(ctx, sessionSQL).Scan(&second, &present)
		})
	})
	switch {
	case isPoolers(err), err == nil && (first == second || present < 2):
		return ErrPooler
	}
	return err
}

func isPoolers(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	says, known := poolerStates[refused.Code]
	return known && strings.Contains(refused.Message, says)
}

// sessionSQL counts the settings that a pooler has let through.
const sessionSQL = `
SELECT pg_backend_pid(), (current_setting('plan_cache_mode') = 'force_generic_plan')::int + (current_setting('enable_seqscan') = 'off')::int`
