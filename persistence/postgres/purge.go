package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// purgeBatch rows are deleted at once, and so locked only for moments.
	purgeBatch = 1000
	// purgeBatchesMax bounds one call; the next one goes on.
	purgeBatchesMax = 100
)

// Each deletes a batch of what nobody can use any more. Rows that another
// instance deletes just now are left to it.
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

// Purge deletes sessions and tokens that have expired and idempotency keys of
// more than a day ago, in small batches, and returns how many rows went.
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
