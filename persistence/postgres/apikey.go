package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const apiKeyColumns = `id, name, scopes, event_ids, version, created_at, expires_at, last_used_at` //nolint:gosec // G101: names of columns, no secret

func scanAPIKey(row pgx.Row, more ...any) (*eventra.APIKey, error) {
	k := &eventra.APIKey{}
	var expires, used *time.Time
	err := row.Scan(append([]any{&k.ID, &k.Name, &k.Scopes, &k.EventIDs, &k.Version, &k.CreatedAt, &expires, &used}, more...)...)
	if expires != nil {
		k.ExpiresAt = *expires
	}
	if used != nil {
		k.LastUsedAt = *used
	}
	return k, err
}

const putAPIKeySQL = `
INSERT INTO api_keys AS stored (id, name, scopes, event_ids, expires_at, secret_hash) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, version = stored.version + 1 WHERE stored.revoked_at IS NULL
RETURNING ` + apiKeyColumns

// PutAPIKey adds a key, whose secret has a hash. The same id again keeps the key and gets
// another secret: the one before ends. CodeNotFound if the key was revoked.
func (db *DB) PutAPIKey(ctx context.Context, k *eventra.APIKey, hash [32]byte) (made *eventra.APIKey, err error) {
	expires := pgtype.Timestamptz{Time: k.ExpiresAt, Valid: !k.ExpiresAt.IsZero()}
	scopes := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		scopes[i] = string(scope)
	}
	events := uuidsOf(k.EventIDs) // not NULL, also if there are none
	err = db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if made, err = scanAPIKey(tx.QueryRow(ctx, putAPIKeySQL, k.ID, k.Name, scopes, events, expires, hash[:])); err != nil {
			return orNotFound(err, errNoAPIKey)
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutKey(made))
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

var errNoAPIKey = eventra.Errorf(eventra.CodeNotFound, "no such API key")

const apiKeysSQL = `
SELECT ` + apiKeyColumns + ` FROM api_keys WHERE revoked_at IS NULL AND (created_at, id) < ($1::timestamptz, $2::uuid)
ORDER BY created_at DESC, id DESC LIMIT $3`

// APIKeys lists the keys that have not been revoked, newest first. next is where the next
// page begins, nil on the last.
func (db *DB) APIKeys(ctx context.Context, p eventra.Page) (keys []eventra.APIKey, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, apiKeysSQL, before, beforeID, p.Limit+1)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (eventra.APIKey, error) {
			k, err := scanAPIKey(row)
			return *k, err
		})
		return err
	})
	keys, next = cut(keys, p, func(k *eventra.APIKey) eventra.Cursor { return eventra.Cursor{Time: k.CreatedAt, ID: k.ID} })
	return keys, next, err
}

// RevokeAPIKey ends a key, also one that has ended before. CodeNotFound if there never was one.
func (db *DB) RevokeAPIKey(ctx context.Context, id eventra.ID) error {
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		var name string
		var before bool
		err := tx.QueryRow(ctx, `SELECT name, revoked_at IS NOT NULL FROM api_keys WHERE id = $1 FOR UPDATE`, id).Scan(&name, &before)
		if err != nil || before {
			return orNotFound(err, errNoAPIKey)
		}
		if _, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = now() WHERE id = $1`, id); err != nil {
			return err
		}
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutRevokedKey(id, name))
	})
}

// usedKey names a key as its bearer does.
type usedKey struct {
	id   eventra.ID
	hash [32]byte
}

// UseAPIKey returns a key that has not been revoked and whose secret has a hash, and notes that
// it is used, at most once a minute. CodeNotFound if there is none. Concurrent calls share a
// round trip.
func (db *DB) UseAPIKey(ctx context.Context, id eventra.ID, hash [32]byte) (*eventra.APIKey, error) {
	key, err := db.apiKeys.Call(ctx, usedKey{id, hash})
	if err == nil && key == nil {
		err = errNoAPIKey
	}
	return key, err
}

// A key that another instance notes as used just now is left to it.
const useAPIKeysSQL = `
WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::bytea[]) WITH ORDINALITY AS wanted (id, hash, position)),
found AS (
	SELECT wanted.position, stored.* FROM wanted CROSS JOIN LATERAL (
		SELECT ctid AS at, ` + apiKeyColumns + `, secret_hash, revoked_at FROM api_keys WHERE api_keys.id = wanted.id LIMIT 1) AS stored
	WHERE stored.secret_hash = wanted.hash AND stored.revoked_at IS NULL),
noted AS (
	UPDATE api_keys SET last_used_at = now() WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM api_keys WHERE ctid = ANY (ARRAY (
			SELECT at FROM found WHERE coalesce(last_used_at, '-infinity') < now() - interval '1 minute'))
		FOR NO KEY UPDATE SKIP LOCKED)) AND coalesce(last_used_at, '-infinity') < now() - interval '1 minute')
SELECT ` + apiKeyColumns + `, position FROM found`

// useAPIKeys answers [DB.UseAPIKey] for many.
func useAPIKeys(ctx context.Context, conn *pgxpool.Conn, used []usedKey) ([]*eventra.APIKey, error) {
	ids, hashes := make(uuids, len(used)), make([][]byte, len(used))
	for i, key := range used {
		ids[i], hashes[i] = uuid(key.id), key.hash[:]
	}
	rows, err := conn.Query(ctx, useAPIKeysSQL, ids, hashes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	keys := make([]*eventra.APIKey, len(used))
	for rows.Next() {
		var position int
		key, err := scanAPIKey(rows, &position)
		if err != nil {
			return nil, err
		}
		keys[position-1] = key
	}
	return keys, rows.Err()
}
