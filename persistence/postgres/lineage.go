package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Lineage returns whose commits the server has, and how far it has come.
func (db *DB) Lineage(ctx context.Context) (is eventra.Lineage, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var position int64
		err := conn.QueryRow(ctx, `SELECT pg_postmaster_start_time(), (pg_current_wal_insert_lsn() - '0/0')::bigint`).Scan(&is.Server, &position)
		is.Position = uint64(position)
		return err
	})
	return is, err
}
