package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/eventra/eventra"
)

const (
	keyPrefix = "eventra:"

	// Timeouts are short, since a sale waits for Redis and can do without it.
	dialTimeout = 200 * time.Millisecond
	ioTimeout   = 200 * time.Millisecond
)

// DB is one database of a Redis server.
type DB struct {
	client  *goredis.Client
	breaker breaker
	options goredis.Options
}

// Open makes a DB for a URL of [parseURL], whose path is the database's number. It fails
// only for an invalid URL, and connects when a command needs to.
func Open(url string) (*DB, error) {
	opts, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	logToSlog()
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout, opts.PoolTimeout = dialTimeout, ioTimeout, ioTimeout, ioTimeout
	opts.ContextTimeoutEnabled = true
	opts.MaxRetries = -1 // none: callers can do without Redis
	opts.DialerRetries = 1
	opts.DisableIdentity = true // saves two commands per connection
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

	db := &DB{options: *opts}
	db.breaker = newBreaker(db.newClient(func(o *goredis.Options) { o.PoolSize = 1 }))
	db.client = db.newClient(func(o *goredis.Options) { o.Limiter = db.breaker })
	return db, nil
}

func (db *DB) newClient(adjust func(*goredis.Options)) *goredis.Client {
	opts := db.options
	adjust(&opts)
	return goredis.NewClient(&opts)
}

// Ping returns nil if the server answers.
func (db *DB) Ping(ctx context.Context) error { return unavailable(db.client.Ping(ctx).Err()) }

// Stat describes the pool of connections.
func (db *DB) Stat() *goredis.PoolStats { return db.client.PoolStats() }

// Close closes all connections.
func (db *DB) Close() error { return errors.Join(db.breaker.close(), db.client.Close()) }

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return eventra.Unavailable("redis", err)
}

// logToSlog lowers the client library's messages to debug level. The library has
// one logger for all clients, and reports each lost connection on standard error.
var logToSlog = sync.OnceFunc(func() { goredis.SetLogger(clientLog{}) })

type clientLog struct{}

func (clientLog) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, "redis: client: "+fmt.Sprintf(format, args...))
}
