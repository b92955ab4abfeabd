package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// deferFlushSQL lets a commit return before it is on disk. The write-ahead log is
// written in order, so a claim is on disk before any booking made under it. An
// outcome that a crash loses is found again under the same resource id.
const deferFlushSQL = `SELECT set_config('synchronous_commit', 'off', true)`

// finish is a call of Finish.
type finish struct {
	attempt  *eventra.IdempotencyAttempt
	response eventra.StoredResponse
}

// Begin claims a key for the lease, or returns its outcome: see
// [eventra.IdempotencyClaim]. A claim that was released, or whose lease has
// ended, is taken over with its resource id. CodeIdempotencyKeyReused if the key
// was used for another request, CodeIdempotencyInProgress while another call has
// the claim or another transaction is writing the key, CodeNotFound for a new key if the
// caller may use none.
func (db *DB) Begin(ctx context.Context, attempt *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error) {
	if err := attempt.Key.Validate(); err != nil {
		return nil, err
	}
	found, err := db.claims.Call(ctx, attempt)
	switch {
	case err != nil:
		return nil, err
	case found.locked:
		return nil, eventra.KeyInProgress()
	case !found.exists:
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such idempotency key")
	case !found.same:
		return nil, eventra.KeyReused()
	case !found.claimed && found.stored == nil && !found.held:
		return nil, eventra.KeyInProgress()
	}
	if found.held { // whatever a member of the release before has stored since
		return &eventra.IdempotencyClaim{ResourceID: found.resourceID, Held: true}, nil
	}
	again := found.claimed && found.resourceID != attempt.ResourceID
	return &eventra.IdempotencyClaim{ResourceID: found.resourceID, Again: again, Stored: found.stored}, nil
}

// Finish stores the outcome to replay. The first outcome of a key stays.
func (db *DB) Finish(ctx context.Context, attempt *eventra.IdempotencyAttempt, response eventra.StoredResponse) error {
	refused, err := db.finishes.Call(ctx, finish{attempt, response})
	return cmp.Or(err, refused)
}

// Release ends an attempt's claim without an outcome. The same request may be tried
// again at once, with the same resource id. If the attempt's Begin arrives only
// later, it claims nothing.
func (db *DB) Release(ctx context.Context, attempt *eventra.IdempotencyAttempt) error {
	if err := attempt.Key.Validate(); err != nil {
		return err
	}
	refused, err := db.releases.Call(ctx, attempt)
	return cmp.Or(err, refused)
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
	locked     bool // nothing more is known: another transaction is writing it
	exists     bool
	same       bool // the request
	resourceID eventra.ID
	claimed    bool                    // by this call
	stored     *eventra.StoredResponse // nil while there is none
	held       bool                    // written with the booking resourceID
}

// attemptColumns are attempts as parameters.
type attemptColumns struct {
	keyColumns
	hashes, earlier pgtype.FlatArray[[]byte]
	resources       uuids
	leases          bigints
	onlyKnown       pgtype.FlatArray[bool]
}

// newAttemptColumns also returns the order of the parameters.
func newAttemptColumns(attempts []*eventra.IdempotencyAttempt) (at attemptColumns, order []int) {
	order = byKey(attempts, func(a *eventra.IdempotencyAttempt) eventra.IdempotencyKey { return a.Key })
	for _, i := range order {
		a := attempts[i]
		at.add(a.Key)
		at.hashes, at.earlier = append(at.hashes, a.RequestHash[:]), append(at.earlier, a.EarlierHash[:])
		at.resources, at.leases = append(at.resources, uuid(a.ResourceID)), append(at.leases, a.Lease.Microseconds())
		at.onlyKnown = append(at.onlyKnown, a.OnlyKnown)
	}
	return at, order
}

// claimKeys claims keys, all different, in one round trip.
func claimKeys(ctx context.Context, conn *pgxpool.Conn, attempts []*eventra.IdempotencyAttempt, patience string) ([]keyRow, error) {
	at, order := newAttemptColumns(attempts)
	var queue pgx.Batch
	queue.Queue(beginKeysSQL, patience)
	queue.Queue(claimKeysSQL, at.users, at.routes, at.keys, at.hashes, at.earlier, at.resources, at.leases, at.onlyKnown)
	queue.Queue(readKeysSQL, at.users, at.routes, at.keys, at.hashes, at.earlier)
	results := conn.SendBatch(ctx, &queue)
	found := make([]keyRow, len(attempts))
	err := readKeys(results, order, found)
	return found, closeBatch(results, err)
}

// sameRequestSQL compares a stored row with what is asked. Only rows of the release
// before have no value_hash.
const sameRequestSQL = `coalesce(stored.value_hash = asked.value_hash, stored.request_hash = asked.request_hash)`

// mayUseSQL leaves out new keys of callers that may use known ones only.
const mayUseSQL = `CASE WHEN only_known THEN (SELECT true FROM idempotency_keys AS k
    WHERE k.user_id = asked.user_id AND k.route = asked.route AND k.key = asked.key LIMIT 1) ELSE true END`

// This statement decides. It locks rows even where it changes nothing, so that
// the next statement reads the rows that it decided on.
var claimKeysSQL = `
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::uuid[], $7::bigint[], $8::boolean[])
        WITH ORDINALITY AS c (user_id, route, key, value_hash, request_hash, resource_id, lease, only_known, place)
), claimed AS (
    INSERT INTO idempotency_keys AS stored (user_id, route, key, value_hash, request_hash, resource_id, claimed_by, locked_until)
    SELECT user_id, route, key, value_hash, request_hash, resource_id, resource_id, now() + lease * interval '1 microsecond'
    FROM asked WHERE ` + mayUseSQL + ` ORDER BY place
    ON CONFLICT (user_id, route, key) DO UPDATE SET locked_until = excluded.locked_until, claimed_by = excluded.claimed_by
    WHERE ` + strings.ReplaceAll(sameRequestSQL, "asked.", "excluded.") + ` AND stored.status IS NULL AND NOT stored.held
        AND stored.locked_until <= now() AND stored.claimed_by IS DISTINCT FROM excluded.claimed_by
    RETURNING user_id, route, key
)
SELECT place FROM asked WHERE ((user_id, route, key) IN (SELECT user_id, route, key FROM claimed)) IS TRUE`

const readKeysSQL = `
SELECT place, ` + sameRequestSQL + `, resource_id, status IS NOT NULL, coalesce(status, 0), coalesce(content_type, ''), coalesce(location, ''), body, held
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
    WITH ORDINALITY AS asked (user_id, route, key, value_hash, request_hash, place)
CROSS JOIN LATERAL (SELECT * FROM idempotency_keys AS k
    WHERE k.user_id = asked.user_id AND k.route = asked.route AND k.key = asked.key LIMIT 1) AS stored`

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
	_, err = pgx.ForEachRow(rows, []any{&place, &row.same, &row.resourceID, &done,
		&stored.Status, &stored.ContentType, &stored.Location, &stored.Body, &row.held}, func() error {
		f := &found[order[place-1]]
		f.exists, f.same, f.resourceID, f.held = true, row.same, row.resourceID, row.held
		if done {
			response := stored
			f.stored = &response
		}
		row, stored = keyRow{}, eventra.StoredResponse{} // the next row shares no memory with this one
		return nil
	})
	return err
}

// finishKeys stores the outcomes of keys, all different, in one round trip.
func finishKeys(ctx context.Context, conn *pgxpool.Conn, ends []finish, patience string) ([]error, error) {
	var at keyColumns
	var attempts uuids
	var statuses ints
	var contentTypes, locations texts
	var bodies pgtype.FlatArray[[]byte]
	for _, i := range byKey(ends, func(e finish) eventra.IdempotencyKey { return e.attempt.Key }) {
		response := &ends[i].response
		at.add(ends[i].attempt.Key)
		attempts = append(attempts, uuid(ends[i].attempt.ResourceID))
		statuses = append(statuses, int32(response.Status))
		contentTypes, locations = append(contentTypes, response.ContentType), append(locations, response.Location)
		bodies = append(bodies, response.Body)
	}
	var queue pgx.Batch
	queue.Queue(beginKeysSQL, patience)
	queue.Queue(finishKeysSQL, at.users, at.routes, at.keys, attempts, statuses, contentTypes, locations, bodies)
	return make([]error, len(ends)), conn.SendBatch(ctx, &queue).Close()
}

// Each row is looked up as those of a commit are. The claim is checked in the row
// itself, which another attempt may be changing. Members of the release before claim without a name.
const finishKeysSQL = `
UPDATE idempotency_keys AS stored SET status = o.status, content_type = o.content_type, location = o.location, body = o.body
FROM (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::bytea[])
        WITH ORDINALITY AS o (user_id, route, key, attempt, status, content_type, location, body, place) ORDER BY place) AS o,
    LATERAL (SELECT ctid AS at FROM idempotency_keys AS k
        WHERE k.user_id = o.user_id AND k.route = o.route AND k.key = o.key LIMIT 1) AS found
WHERE stored.ctid = found.at AND stored.status IS NULL
    AND (stored.claimed_by = o.attempt OR stored.claimed_by IS NULL)`

// releaseKeys releases the claims of keys, all different, in one round trip.
func releaseKeys(ctx context.Context, conn *pgxpool.Conn, attempts []*eventra.IdempotencyAttempt, patience string) ([]error, error) {
	at, _ := newAttemptColumns(attempts)
	var queue pgx.Batch
	queue.Queue(beginKeysSQL, patience)
	queue.Queue(releaseKeysSQL, at.users, at.routes, at.keys, at.hashes, at.earlier, at.resources, at.onlyKnown)
	return make([]error, len(attempts)), conn.SendBatch(ctx, &queue).Close()
}

// A key that nobody has claimed yet gets a row whose last claim was this one, which
// cannot be claimed by the same attempt any more.
const releaseKeysSQL = `
INSERT INTO idempotency_keys AS stored (user_id, route, key, value_hash, request_hash, resource_id, claimed_by, locked_until)
SELECT user_id, route, key, value_hash, request_hash, resource_id, resource_id, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::uuid[], $7::boolean[])
    WITH ORDINALITY AS asked (user_id, route, key, value_hash, request_hash, resource_id, only_known, place)
WHERE ` + mayUseSQL + ` ORDER BY place
ON CONFLICT (user_id, route, key) DO UPDATE SET locked_until = now()
WHERE stored.claimed_by = excluded.claimed_by AND stored.status IS NULL AND stored.locked_until > now()`
