// Package postgres keeps what Eventra promises: users, seats, bookings,
// payments, idempotency keys and the outbox. It is the only authority. Every
// rule that must always hold is a guard of a statement here or a constraint of
// the schema.
package postgres

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/coalesce"
)

// backend is what errors call this store.
const backend = "postgres"

const (
	connectTimeout = 2 * time.Second
	// acquireTimeout bounds the wait for a connection, free or new, so that a
	// caller learns soon that Postgres is away.
	acquireTimeout = 2 * time.Second
	// callTimeout bounds one call as a whole, for callers without a deadline.
	callTimeout = 5 * time.Second
	// bulkTimeout bounds the few calls that write or read a whole event.
	bulkTimeout = 30 * time.Second

	maxConnsDefault = 16
	// idleConnsMin connections stay open, so that a rush does not begin with
	// dialling.
	idleConnsMin = 4
	// layoutConns read whole events for readers, apart from the connections that commit.
	layoutConns = 2
	// officeConns are for the back office, whose lists and reports read much.
	officeConns = 3

	connLifetime = 30 * time.Minute // after a fail-over, connections spread again
	connIdleTime = 5 * time.Minute
)

// sessionSettings make the server end statements that no caller waits for any
// longer. The keep-alives detect within 15 s a peer that vanished in the middle
// of a transaction, whose locks keep out the event's next activation.
var sessionSettings = map[string]string{
	"application_name":                    "eventra",
	"statement_timeout":                   "5s",
	"lock_timeout":                        "4s",
	"idle_in_transaction_session_timeout": "10s",
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "3",
	"tcp_keepalives_count":                "3",
	"timezone":                            "UTC",
	// Every statement is written for one plan, by index: see commitsql.go. A
	// plan made for a small table must not be kept for the one it grows into.
	"plan_cache_mode": "force_generic_plan",
	"enable_seqscan":  "off",
	// Without seqscan, a plan that must scan looks expensive enough to be
	// compiled, which takes some tenths of a second.
	"jit": "off",
}

// Options are what an installation may set.
type Options struct {
	MaxConns int  // connections of this instance; 0: a default that suits a small machine
	ReadOnly bool // only reads, for which a stand-by is good enough
	Traced   bool // what traced callers send gets spans

	// Retention is how long bookings that ended unpaid and mails that ended are kept, at
	// least RetentionMin; 0: for ever.
	Retention time.Duration
	// AuditRetention is how long the audit log is kept, at least AuditRetentionMin; 0: for ever.
	AuditRetention time.Duration
}

// DB is the database. Its methods implement the stores that the layers above
// declare, and are safe for concurrent use. While Postgres is away they fail
// fast with CodeUnavailable (Commit with its own errors). They work again when
// it is back.
type DB struct {
	pool    *pgxpool.Pool
	layouts *pgxpool.Pool
	office  *pgxpool.Pool
	breaker breaker
	// diskFull: a write found the disk full, and none has looked for room since.
	diskFull atomic.Bool
	failures failures

	retention, auditRetention time.Duration

	purging                 sync.Mutex
	endedSeen, attemptsSeen endedPlace // while purging is locked

	bookings coalesce.Group[eventra.ID, *eventra.Booking]
	claims   coalesce.Group[*eventra.IdempotencyAttempt, keyRow]
	finishes coalesce.Group[finish, error]
	releases coalesce.Group[*eventra.IdempotencyAttempt, error]
	users    coalesce.Group[eventra.ID, *bool]
	apiKeys  coalesce.Group[usedKey, *eventra.APIKey]

	customers coalesce.Group[*eventra.ShopCustomer, eventra.ID]
	details   coalesce.Group[eventra.ID, eventra.BookingDetails]
}

// Open prepares a pool of connections. The first use connects, so a Postgres
// that is away is no error here: see [DB.Ping].
func Open(ctx context.Context, url string, options Options) (*DB, error) {
	config, err := newConfig(url)
	if err != nil {
		return nil, err
	}
	if !options.ReadOnly {
		requireWritable(&config.ConnConfig.Config, url)
	}
	sizePool(config, url, options)
	if options.Traced {
		config.ConnConfig.Tracer = tracer{}
	}
	breaker := newBreaker(config.ConnConfig)
	config.ConnConfig.DialFunc = limitDials(config.ConnConfig.DialFunc, breaker.Allow)
	db := &DB{breaker: breaker, failures: newFailures(), retention: options.Retention, auditRetention: options.AuditRetention}
	if err := db.openPools(ctx, config); err != nil {
		breaker.Close()
		return nil, err
	}
	db.bookings.Backend, db.bookings.Send = backend, sendOn(db, readBookings)
	db.users.Backend, db.users.Send = backend, sendOn(db, usersVerified)
	db.apiKeys.Backend, db.apiKeys.Send = backend, sendOn(db, useAPIKeys)
	db.details.Backend, db.details.Send = backend, sendOn(db, readDetails)
	db.customers.Backend, db.customers.Send, db.customers.Key = backend, sendOn(db, putCustomers), externalIDOf
	keyOf := func(a *eventra.IdempotencyAttempt) any { return a.Key }
	claim := keyCalls[*eventra.IdempotencyAttempt, keyRow](claimKeys).apart(keyRow{locked: true})
	release := keyCalls[*eventra.IdempotencyAttempt, error](releaseKeys).apart(errKeyLocked)
	end := keyCalls[finish, error](finishKeys).apart(errKeyLocked)
	db.claims.Backend, db.claims.Send, db.claims.Key = backend, sendOn(db, claim), keyOf
	db.releases.Backend, db.releases.Send, db.releases.Key = backend, sendOn(db, release), keyOf
	db.finishes.Backend, db.finishes.Send, db.finishes.Key = backend, sendOn(db, end), func(f finish) any { return f.attempt.Key }
	return db, nil
}

// openPools opens the pool of the sale, and a few connections for readers apart from it.
func (db *DB) openPools(ctx context.Context, config *pgxpool.Config) (err error) {
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	if db.layouts, err = openReaders(ctx, config, layoutConns); err != nil {
		db.pool.Close()
		return err
	}
	if db.office, err = openReaders(ctx, config, officeConns); err != nil {
		db.pool.Close()
		db.layouts.Close()
	}
	return err
}

func openReaders(ctx context.Context, config *pgxpool.Config, conns int32) (*pgxpool.Pool, error) {
	config = config.Copy()
	config.MaxConns, config.MinIdleConns = conns, 0
	return pgxpool.NewWithConfig(ctx, config)
}

// sizePool sets what the URL leaves open.
func sizePool(config *pgxpool.Config, url string, options Options) {
	open := func(parameter string) bool { return !strings.Contains(url, parameter+"=") }
	if open("pool_max_conns") {
		config.MaxConns = maxConnsDefault
	}
	if options.MaxConns > 0 {
		config.MaxConns = int32(options.MaxConns)
	}
	if open("pool_min_idle_conns") {
		config.MinIdleConns = idleConnsMin
	}
	config.MinIdleConns = min(config.MinIdleConns, config.MaxConns)
	if open("pool_max_conn_lifetime") {
		config.MaxConnLifetime = connLifetime
	}
	if open("pool_max_conn_lifetime_jitter") {
		config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	}
	if open("pool_max_conn_idle_time") {
		config.MaxConnIdleTime = connIdleTime
	}
}

// sendOn gives a coalesced call its connection.
func sendOn[Request, Response any](db *DB, send func(context.Context, *pgxpool.Conn, []Request) ([]Response, error)) func([]Request) ([]Response, error) {
	return func(requests []Request) (responses []Response, err error) {
		err = db.WithConn(context.Background(), callTimeout, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
			responses, err = send(ctx, conn, requests)
			return err
		})
		return responses, err
	}
}

// newConfig makes what all pools have in common.
func newConfig(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.PingTimeout = connectTimeout
	config.ConnConfig.ConnectTimeout = connectTimeout
	maps.Copy(config.ConnConfig.RuntimeParams, sessionSettings)
	config.AfterConnect = readTimesInUTC
	return config, nil
}

func readTimesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Stat describes the pool of connections.
func (db *DB) Stat() *pgxpool.Stat { return db.pool.Stat() }

// Close waits for calls under way and closes all connections.
func (db *DB) Close() {
	db.breaker.Close()
	db.pool.Close()
	db.layouts.Close()
	db.office.Close()
}

// WithConn lends work a connection for at most the limit and returns its error,
// as CodeUnavailable if Postgres is away or overloaded.
func (db *DB) WithConn(ctx context.Context, limit time.Duration, work func(context.Context, *pgxpool.Conn) error) error {
	return db.withConnOf(ctx, db.pool, limit, work)
}

func (db *DB) withConnOf(ctx context.Context, pool *pgxpool.Pool, limit time.Duration, work func(context.Context, *pgxpool.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := db.acquireOf(ctx, pool)
	if err != nil {
		return eventra.Unavailable(backend, fmt.Errorf("%w: %w", eventra.ErrNotCommitted, err))
	}
	defer conn.Release()
	err = work(ctx, conn)
	db.observe(err)
	return classify(err)
}

// inTx is like WithConn, in one transaction that commits if work returns nil.
func (db *DB) inTx(ctx context.Context, limit time.Duration, work func(context.Context, pgx.Tx) error) error {
	return db.WithConn(ctx, limit, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return work(ctx, tx) })
	})
}

func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) { return db.acquireOf(ctx, db.pool) }

func (db *DB) acquireOf(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	if err := db.breaker.Allow(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		db.observe(err)
		db.failures.countUnconnected(ctx)
	}
	return conn, err
}

// closeBatch ends a batch of statements, which takes effect only then. It
// returns the first error, which is the cause of any later one.
func closeBatch(results pgx.BatchResults, err error) error {
	if closed := results.Close(); err == nil {
		return closed
	}
	return err
}
