package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// purgeBatch is how many rows are deleted at once: few, so that none is locked
	// for long.
	purgeBatch = 1000
	// purgeBatchesMax bounds one call; the next call continues.
	purgeBatchesMax = 100
)

// purgeSQL deletes batches of rows that have outlived their use. Each statement
// skips rows that another instance is deleting.
var purgeSQL = []string{
	`DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' AND locked_until < now()
		ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM refresh_tokens WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM refresh_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM sessions WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM denied_tokens WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM denied_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
}

// Purge deletes expired sessions and tokens, and idempotency keys older than a
// day, in small batches. It returns how many rows it deleted.
func (db *DB) Purge(ctx context.Context) (purged int64, err error) {
	for _, sql := range purgeSQL {
		for range purgeBatchesMax {
			var deleted int64
			err := db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
				tag, err := conn.Exec(ctx, sql, purgeBatch)
				deleted = tag.RowsAffected()
				return err
			})
			purged += deleted
			if err != nil {
				return purged, err
			}
			if deleted < purgeBatch {
				break
			}
		}
	}
	return purged, nil
}
