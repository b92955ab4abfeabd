package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

const (
	// memberConns are one connection to renew the lease and one to listen for
	// changes. They are not of the pool that sells: a lease must not wait behind
	// batches.
	memberConns = 2
	// memberTimeout bounds one call. It is as long as a lease, because an answer
	// before the lease's end still counts, and because giving up a connection makes
	// a busy server busier.
	memberTimeout = 2 * time.Second
	// memberChannel announces changes of cluster_members, except renewed leases.
	memberChannel = "eventra_members"
)

// Members are the members of the cluster; it implements cluster.MemberStore.
type Members struct {
	pool *pgxpool.Pool
}

// OpenMembers prepares connections for membership alone. Like [Open] it connects
// when first used.
func OpenMembers(ctx context.Context, url string) (*Members, error) {
	config, err := newConfig(url)
	if err != nil {
		return nil, err
	}
	requireWritable(&config.ConnConfig.Config, url)
	config.MaxConns = memberConns
	config.ConnConfig.DialFunc = limitDials(config.ConnConfig.DialFunc, func() error { return nil })
	config.PingTimeout = memberTimeout
	config.ConnConfig.ConnectTimeout = memberTimeout
	config.ConnConfig.RuntimeParams["application_name"] = "eventra member"
	config.ConnConfig.RuntimeParams["statement_timeout"] = "2s"
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "on" // the table is a page or two
	// A renewal that is lost in a crash of the server shortens one lease, which is
	// harmless. A renewal that waits for the disk shortens every lease.
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Members{pool}, nil
}

// Close closes the connections.
func (m *Members) Close() { m.pool.Close() }

// Join adds a member with a lease that begins now.
func (m *Members) Join(ctx context.Context, member *eventra.Member, lease time.Duration) error {
	return m.exec(ctx, `
		WITH joined AS (
			INSERT INTO cluster_members (id, address, version, joined_at, lease_until)
			VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4)
		)
		SELECT pg_notify($5, $1)`,
		member.ID, member.Address, member.Version, lease, memberChannel)
}

// Renew gives a member another lease and notes which members it does not reach,
// whether it is leaving and the ownership hash that it acts by. It shortens leases
// that end later than one that begins now, which happens if the server's clock was
// set back: a member that has died would keep its events until the clock is there
// again. It returns all members, the oldest first, and the server's time.
// CodeNotFound if the member is no longer one.
func (m *Members) Renew(ctx context.Context, self *eventra.Member, lease time.Duration) (all []eventra.Member, now time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, memberTimeout)
	defer cancel()
	rows, err := m.pool.Query(ctx, renewSQL, self.ID, lease, self.Unreachable, self.Leaving, int64(self.OwnershipHash), memberChannel)
	if err != nil {
		return nil, now, classify(err)
	}
	renewed := false
	var member eventra.Member
	var hash int64
	into := []any{&member.ID, &member.Address, &member.Version, &member.Leaving, &member.Unreachable, &hash,
		&member.JoinedAt, &member.LeaseUntil, &now, &renewed, nil}
	if _, err = pgx.ForEachRow(rows, into, func() error {
		member.OwnershipHash = uint64(hash)
		all = append(all, member)
		member.Unreachable = nil
		return nil
	}); err != nil {
		return nil, now, classify(err)
	}
	if !renewed {
		return nil, now, eventra.Errorf(eventra.CodeNotFound, "no such member")
	}
	return all, now, nil
}

// The row is locked and read before it is written, to find out whether it
// changed; the last column announces that. The outer query sees the table as it
// was before the update.
const renewSQL = `
WITH old AS MATERIALIZED (
	SELECT id, leaving, unreachable, shares FROM cluster_members WHERE id = $1 FOR UPDATE
), renewed AS (
	UPDATE cluster_members member SET lease_until = clock_timestamp() + $2, unreachable = coalesce($3::text[], '{}'), leaving = $4, shares = $5
	FROM old WHERE member.id = old.id
	RETURNING member.id, member.leaving, member.unreachable, member.shares, member.lease_until,
		(old.leaving, old.unreachable, old.shares) IS DISTINCT FROM (member.leaving, member.unreachable, member.shares) AS changed
), shortened AS (
	UPDATE cluster_members SET lease_until = clock_timestamp() + $2
	WHERE id IN (SELECT id FROM cluster_members WHERE id <> $1 AND lease_until > clock_timestamp() + $2 FOR UPDATE SKIP LOCKED)
	RETURNING id, lease_until
)
SELECT member.id, address, version, coalesce(renewed.leaving, member.leaving), coalesce(renewed.unreachable, member.unreachable),
	coalesce(renewed.shares, member.shares), joined_at, coalesce(renewed.lease_until, shortened.lease_until, member.lease_until), clock_timestamp(), EXISTS (SELECT FROM renewed),
	CASE WHEN renewed.changed THEN pg_notify($6, $1)::text END
FROM cluster_members member LEFT JOIN renewed USING (id) LEFT JOIN shortened USING (id)
ORDER BY joined_at, id`

// Evict deletes the members other than self whose lease has ended, and suspected
// ones whose lease has less than left to go. It returns how many. It neither
// deletes nor waits for a member that is renewing its lease.
func (m *Members) Evict(ctx context.Context, self string, suspected []string, left time.Duration) (evicted int, err error) {
	ctx, cancel := context.WithTimeout(ctx, memberTimeout)
	defer cancel()
	err = m.pool.QueryRow(ctx, `
		WITH evicted AS (
			DELETE FROM cluster_members WHERE id IN (
				SELECT id FROM cluster_members WHERE id <> $1
					AND lease_until < clock_timestamp() + CASE WHEN id = ANY ($3) THEN $4 ELSE interval '0' END
				FOR UPDATE SKIP LOCKED)
			RETURNING id
		), announced AS (
			SELECT pg_notify($2, id) FROM evicted
		)
		SELECT count(*) FROM announced`, self, memberChannel, suspected, left).Scan(&evicted)
	return evicted, classify(err)
}

// Leave deletes a member. It is no error if there is none.
func (m *Members) Leave(ctx context.Context, id string) error {
	return m.exec(ctx, `
		WITH gone AS (DELETE FROM cluster_members WHERE id = $1 RETURNING id)
		SELECT pg_notify($2, id) FROM gone`, id, memberChannel)
}

// Watch calls changed once when it begins to listen, and after each announced
// change. It returns when the connection is lost or ctx ends.
func (m *Members) Watch(ctx context.Context, changed func()) error {
	conn, err := m.pool.Acquire(ctx)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }() // the pool's other users do not listen
	if _, err := conn.Exec(ctx, "LISTEN "+memberChannel); err != nil {
		return classify(err)
	}
	for {
		changed()
		if _, err := conn.Conn().WaitForNotification(ctx); err != nil {
			return errors.Join(ctx.Err(), classify(err))
		}
	}
}

func (m *Members) exec(ctx context.Context, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, memberTimeout)
	defer cancel()
	_, err := m.pool.Exec(ctx, sql, args...)
	return classify(err)
}
