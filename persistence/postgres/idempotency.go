package postgres

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// deferFlushSQL lets a commit return before it is on disk. The log is written
// in order, so a claim is on disk before any booking made under it; and an
// outcome that a crash loses is found again under the same resource id.
const deferFlushSQL = `SELECT set_config('synchronous_commit', 'off', true)`

// Begin claims a key for as long as lease, or tells what became of it: see
// [eventra.IdempotencyClaim]. A claim that ran out or was released is taken
// over with the resource id it had. CodeIdempotencyKeyReused for another
// request's key, CodeIdempotencyInProgress while somebody else has the claim.
func (db *DB) Begin(
	ctx context.Context, key eventra.IdempotencyKey, requestHash [32]byte, newResourceID eventra.ID, lease time.Duration,
) (claim *eventra.IdempotencyClaim, err error) {
	err = db.do(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var queue pgx.Batch
		queue.Queue(deferFlushSQL)
		queue.Queue(claimKeySQL, key.UserID, key.Route, key.Key, requestHash[:], newResourceID, lease.Microseconds())
		queue.Queue(readKeySQL, key.UserID, key.Route, key.Key)
		results := conn.SendBatch(ctx, &queue)
		claim, err = readClaim(results, requestHash[:])
		return closeBatch(results, err)
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
}

// One statement decides. It locks the row even where it changes nothing, so
// that what the next one reads is what it decided on.
const claimKeySQL = `
INSERT INTO idempotency_keys AS stored (user_id, route, key, request_hash, resource_id, locked_until)
VALUES ($1, $2, $3, $4, $5, now() + $6::bigint * interval '1 microsecond')
ON CONFLICT (user_id, route, key) DO UPDATE SET locked_until = excluded.locked_until
WHERE stored.request_hash = excluded.request_hash AND stored.status IS NULL AND stored.locked_until <= now()`

const readKeySQL = `
SELECT request_hash, resource_id, status IS NOT NULL, coalesce(status, 0), coalesce(content_type, ''), coalesce(location, ''), body
FROM idempotency_keys WHERE user_id = $1 AND route = $2 AND key = $3`

func readClaim(results pgx.BatchResults, requestHash []byte) (*eventra.IdempotencyClaim, error) {
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	written, err := results.Exec()
	if err != nil {
		return nil, err
	}
	var hash []byte
	var done bool
	claim, stored := &eventra.IdempotencyClaim{}, &eventra.StoredResponse{}
	err = results.QueryRow().Scan(&hash, &claim.ResourceID, &done,
		&stored.Status, &stored.ContentType, &stored.Location, &stored.Body)
	switch {
	case err != nil:
		return nil, err
	case !bytes.Equal(hash, requestHash):
		return nil, eventra.Errorf(eventra.CodeIdempotencyKeyReused, "the idempotency key was used with another request")
	case done:
		claim.Stored = stored
	case written.RowsAffected() == 0:
		return nil, &eventra.Error{Code: eventra.CodeIdempotencyInProgress,
			Message: "the first request with this idempotency key is still running", RetryAfter: time.Second}
	}
	return claim, nil
}

// Finish stores the outcome to replay. The first one stays.
func (db *DB) Finish(ctx context.Context, key eventra.IdempotencyKey, outcome eventra.StoredResponse) error {
	return db.updateKey(ctx, `
		UPDATE idempotency_keys SET status = $4, content_type = $5, location = $6, body = $7
		WHERE user_id = $1 AND route = $2 AND key = $3 AND status IS NULL`,
		key.UserID, key.Route, key.Key, outcome.Status, outcome.ContentType, outcome.Location, outcome.Body)
}

// Release ends a claim without an outcome: the same request may be tried
// again at once, with the same resource id.
func (db *DB) Release(ctx context.Context, key eventra.IdempotencyKey) error {
	return db.updateKey(ctx, `
		UPDATE idempotency_keys SET locked_until = now()
		WHERE user_id = $1 AND route = $2 AND key = $3 AND status IS NULL`, key.UserID, key.Route, key.Key)
}

func (db *DB) updateKey(ctx context.Context, sql string, args ...any) error {
	return db.do(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var queue pgx.Batch
		queue.Queue(deferFlushSQL)
		queue.Queue(sql, args...)
		return conn.SendBatch(ctx, &queue).Close()
	})
}
