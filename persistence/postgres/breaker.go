package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/sleep"
)

const (
	// probeTimeout is how long a suspected server has to accept a connection.
	probeTimeout = 2 * time.Second
	// probePause is the least time between probes, also while the server answers.
	probePause = 250 * time.Millisecond
)

var errBreakerOpen = errors.New("postgres is away")

// breaker refuses calls at once while the server is away. A failed call only
// raises a suspicion. A probe, which is a connection of its own, decides, unless
// another call was answered meanwhile: a busy server is not away. Without the
// breaker every caller would wait for a connection, and a server that comes back
// would have to work through hundreds of abandoned ones first.
type breaker struct {
	config    *pgx.ConnConfig
	open      atomic.Bool
	made      time.Time
	answered  atomic.Int64 // when a call was last answered: nanoseconds since made, by the monotonic clock
	suspicion chan struct{}
	stop      context.CancelFunc
	stopped   chan struct{}
}

func newBreaker(config *pgx.ConnConfig) *breaker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &breaker{config: config.Copy(), made: time.Now(), suspicion: make(chan struct{}, 1), stop: cancel, stopped: make(chan struct{})}
	b.config.ConnectTimeout = probeTimeout
	go b.watch(ctx)
	return b
}

// allow returns an error while the server is known to be away.
func (b *breaker) allow() error {
	if b.open.Load() {
		return errBreakerOpen
	}
	return nil
}

// observe notes how a call ended.
func (b *breaker) observe(err error) {
	var answer *pgconn.PgError
	if err == nil || errors.As(err, &answer) && !isReadOnly(err) {
		b.answered.Store(int64(time.Since(b.made)))
		return
	}
	if errors.Is(err, errBreakerOpen) || errors.Is(err, context.Canceled) || !away(err) {
		return
	}
	select {
	case b.suspicion <- struct{}{}:
	default: // a suspicion is pending already
	}
}

func (b *breaker) watch(ctx context.Context) {
	defer close(b.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.suspicion:
		}
		for err := b.probe(ctx); err != nil && ctx.Err() == nil; err = b.probe(ctx) {
			if !b.open.Swap(true) {
				slog.Warn("postgres is away", "error", err)
			}
			_ = sleep.For(ctx, probePause)
		}
		if ctx.Err() != nil {
			return // nothing is known about the server
		}
		if b.open.Swap(false) {
			slog.Info("postgres is back")
		}
		_ = sleep.For(ctx, probePause)
	}
}

func (b *breaker) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	begun := int64(time.Since(b.made))
	conn, err := pgx.ConnectConfig(ctx, b.config)
	if err != nil {
		if b.answered.Load() > begun {
			return nil
		}
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

func (b *breaker) close() {
	b.stop()
	<-b.stopped
}

// Away reports whether calls are refused because the server is known to be away.
func (db *DB) Away() bool { return db.breaker.open.Load() }
