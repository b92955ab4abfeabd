package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra/migrations"
)

const (
	stateReadOnly = "25006" // a stand-by, or a database that may not be written to
	stateDiskFull = "53100"
)

// requireWritable lets a configuration connect only to a server that accepts
// writes, and makes it give up a connection whose server no longer does. Otherwise
// a pool that once reached a stand-by would stay there.
func requireWritable(config *pgconn.Config, url string) {
	migrations.PreferWritable(config, url)
	keep := config.OnPgError
	config.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		return keep(conn, err) && err.Code != stateReadOnly
	}
}

// isReadOnly reports whether a call failed because its server accepts no writes.
func isReadOnly(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == stateReadOnly || errors.Is(err, pgconn.ErrReadOnlyConnection)
}

// observe notes how a call ended.
func (db *DB) observe(err error) {
	db.failures.count(err)
	if isReadOnly(err) {
		db.layouts.Reset()
		db.office.Reset()
		db.pool.Reset() // the other connections lead to the same server
	} else if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == stateDiskFull {
		db.diskFull.Store(true)
	}
	db.breaker.observe(err)
}

// Ping checks that Postgres answers and accepts writes. After a write that found
// the disk full, it looks for room until there is some.
func (db *DB) Ping(ctx context.Context) error {
	return db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var readOnly string
		if err := conn.QueryRow(ctx, "SELECT current_setting('transaction_read_only')").Scan(&readOnly); err != nil {
			return err
		}
		if readOnly == "on" {
			return pgconn.ErrReadOnlyConnection
		}
		if !db.diskFull.Load() {
			return nil
		}
		// A table of a megabyte that is dropped at once.
		_, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE eventra_room ON COMMIT DROP AS SELECT generate_series(1, 30000)")
		if refused, ok := errors.AsType[*pgconn.PgError](err); err == nil || ok && !strings.HasPrefix(refused.Code, stateDiskFull[:2]) {
			db.diskFull.Store(false) // there is room, or the role may not look for it
			return nil
		}
		return err
	})
}
