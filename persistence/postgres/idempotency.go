package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// deferFlushSQL lets a commit return before it is on disk. The write-ahead log is
// written in order, so a claim is on disk before any booking made under it. An
// outcome that a crash loses is found again under the same resource id.
const deferFlushSQL = `SELECT set_config('synchronous_commit', 'off', true)`

// claim is a call of Begin. claimEnd is a call of Finish or, without a response,
// of Release.
type (
	claim struct {
		key           eventra.IdempotencyKey
		requestHash   [32]byte
		newResourceID eventra.ID
		lease         time.Duration
	}
	claimEnd struct {
		key      eventra.IdempotencyKey
		response *eventra.StoredResponse
	}
)

// Begin claims a key for the lease, or returns its outcome: see
// [eventra.IdempotencyClaim]. A claim that was released, or whose lease has
// ended, is taken over with its resource id. CodeIdempotencyKeyReused if the key
// was used for another request, CodeIdempotencyInProgress while another call has
// the claim.
func (db *DB) Begin(
	ctx context.Context, key eventra.IdempotencyKey, requestHash [32]byte, newResourceID eventra.ID, lease time.Duration,
) (*eventra.IdempotencyClaim, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	found, err := db.claims.Call(ctx, claim{key, requestHash, newResourceID, lease})
	switch {
	case err != nil:
		return nil, err
	case !bytes.Equal(found.requestHash, requestHash[:]):
		return nil, eventra.Errorf(eventra.CodeIdempotencyKeyReused, "the idempotency key was used with another request")
	case !found.claimed && found.stored == nil:
		return nil, &eventra.Error{Code: eventra.CodeIdempotencyInProgress,
			Message: "the first request with this idempotency key is still running", RetryAfter: time.Second}
	}
	again := found.claimed && found.resourceID != newResourceID
	return &eventra.IdempotencyClaim{ResourceID: found.resourceID, Again: again, Stored: found.stored}, nil
}

// keyMaxBytes bounds a key in all its parts, so that it fits into an index.
const keyMaxBytes = 1024

// checkKey refuses a key that cannot be stored before it meets others in a statement.
func checkKey(key eventra.IdempotencyKey) error {
	text := key.Route + key.Key
	if len(text) > keyMaxBytes || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return eventra.Errorf(eventra.CodeValidationFailed, "an idempotency key must be text of at most %d bytes, with its route", keyMaxBytes)
	}
	return nil
}

// Finish stores the outcome to replay. The first outcome of a key stays.
func (db *DB) Finish(ctx context.Context, key eventra.IdempotencyKey, response eventra.StoredResponse) error {
	_, err := db.ends.Call(ctx, claimEnd{key, &response})
	return err
}

// Release ends a claim without an outcome. The same request may be tried again at
// once, with the same resource id.
func (db *DB) Release(ctx context.Context, key eventra.IdempotencyKey) error {
	_, err := db.ends.Call(ctx, claimEnd{key: key})
	return err
}

// keyColumns are keys as parameters.
type keyColumns struct {
	users        uuids
	routes, keys texts
}

func (c *keyColumns) add(key eventra.IdempotencyKey) {
	c.users = append(c.users, pgtype.UUID{Bytes: key.UserID, Valid: true})
	c.routes, c.keys = append(c.routes, key.Route), append(c.keys, key.Key)
}

// byKey returns the order of items by their keys. Every writer of several rows
// locks them in this order, so that writers never deadlock.
func byKey[T any](items []T, key func(T) eventra.IdempotencyKey) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := key(items[i]), key(items[j])
		return cmp.Or(bytes.Compare(a.UserID[:], b.UserID[:]), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Key, b.Key))
	})
	return order
}

// keyRow is a key's row after a claim of it, successful or not.
type keyRow struct {
	requestHash []byte
	resourceID  eventra.ID
	claimed     bool                    // by this call
	stored      *eventra.StoredResponse // nil while there is no outcome
}

// claimKeys claims keys, all different, in one round trip.
func claimKeys(ctx context.Context, conn *pgxpool.Conn, claims []claim) ([]keyRow, error) {
	var at keyColumns
	var hashes pgtype.FlatArray[[]byte]
	var resources uuids
	var leases bigints
	order := byKey(claims, func(c claim) eventra.IdempotencyKey { return c.key })
	for _, i := range order {
		c := &claims[i]
		at.add(c.key)
		hashes, resources, leases = append(hashes, c.requestHash[:]), append(resources, uuid(c.newResourceID)), append(leases, c.lease.Microseconds())
	}
	var queue pgx.Batch
	queue.Queue(deferFlushSQL)
	queue.Queue(claimKeysSQL, at.users, at.routes, at.keys, hashes, resources, leases)
	queue.Queue(readKeysSQL, at.users, at.routes, at.keys)
	results := conn.SendBatch(ctx, &queue)
	found := make([]keyRow, len(claims))
	err := readKeys(results, order, found)
	return found, closeBatch(results, err)
}

// This statement decides. It locks rows even where it changes nothing, so that
// the next statement reads the rows that it decided on.
const claimKeysSQL = `
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::bigint[])
        WITH ORDINALITY AS c (user_id, route, key, request_hash, resource_id, lease, place)
), claimed AS (
    INSERT INTO idempotency_keys AS stored (user_id, route, key, request_hash, resource_id, locked_until)
    SELECT user_id, route, key, request_hash, resource_id, now() + lease * interval '1 microsecond' FROM asked ORDER BY place
    ON CONFLICT (user_id, route, key) DO UPDATE SET locked_until = excluded.locked_until
    WHERE stored.request_hash = excluded.request_hash AND stored.status IS NULL AND stored.locked_until <= now()
    RETURNING user_id, route, key
)
SELECT place FROM asked WHERE ((user_id, route, key) IN (SELECT user_id, route, key FROM claimed)) IS TRUE`

const readKeysSQL = `
SELECT place, request_hash, resource_id, status IS NOT NULL, coalesce(status, 0), coalesce(content_type, ''), coalesce(location, ''), body
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS c (user_id, route, key, place)
CROSS JOIN LATERAL (SELECT * FROM idempotency_keys AS k WHERE k.user_id = c.user_id AND k.route = c.route AND k.key = c.key LIMIT 1) AS stored`

// readKeys reads the results of claimKeys. order says where each row belongs in
// found.
func readKeys(results pgx.BatchResults, order []int, found []keyRow) error {
	if _, err := results.Exec(); err != nil {
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	var place int
	if _, err = pgx.ForEachRow(rows, []any{&place}, func() error {
		found[order[place-1]].claimed = true
		return nil
	}); err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	var row keyRow
	var done bool
	var stored eventra.StoredResponse
	_, err = pgx.ForEachRow(rows, []any{&place, &row.requestHash, &row.resourceID, &done,
		&stored.Status, &stored.ContentType, &stored.Location, &stored.Body}, func() error {
		f := &found[order[place-1]]
		f.requestHash, f.resourceID = row.requestHash, row.resourceID
		if done {
			response := stored
			f.stored = &response
		}
		row, stored = keyRow{}, eventra.StoredResponse{} // the next row shares no memory with this one
		return nil
	})
	return err
}

// endClaims ends the claims of keys, all different, in one round trip.
func endClaims(ctx context.Context, conn *pgxpool.Conn, ends []claimEnd) ([]struct{}, error) {
	var at keyColumns
	var statuses pgtype.FlatArray[pgtype.Int4]
	var contentTypes, locations texts
	var bodies pgtype.FlatArray[[]byte]
	for _, i := range byKey(ends, func(e claimEnd) eventra.IdempotencyKey { return e.key }) {
		response, finished := ends[i].response, ends[i].response != nil
		if !finished {
			response = &eventra.StoredResponse{}
		}
		at.add(ends[i].key)
		statuses = append(statuses, pgtype.Int4{Int32: int32(response.Status), Valid: finished})
		contentTypes, locations = append(contentTypes, response.ContentType), append(locations, response.Location)
		bodies = append(bodies, response.Body)
	}
	var queue pgx.Batch
	queue.Queue(deferFlushSQL)
	queue.Queue(endClaimsSQL, at.users, at.routes, at.keys, statuses, contentTypes, locations, bodies)
	return make([]struct{}, len(ends)), conn.SendBatch(ctx, &queue).Close()
}

const endClaimsSQL = `
UPDATE idempotency_keys AS stored SET
    status = o.status, content_type = o.content_type, location = o.location, body = o.body,
    locked_until = CASE WHEN o.status IS NULL THEN now() ELSE stored.locked_until END
FROM (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bytea[])
        WITH ORDINALITY AS o (user_id, route, key, status, content_type, location, body, place) ORDER BY place) AS o
WHERE stored.user_id = o.user_id AND stored.route = o.route AND stored.key = o.key AND stored.status IS NULL`
