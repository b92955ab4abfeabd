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
	// probeTimeout is how long a suspected server has to let somebody in.
	probeTimeout = 2 * time.Second
	// probePause parts tries, also those of a server that answers well.
	probePause = 250 * time.Millisecond
)

var errBreakerOpen = errors.New("postgres is away")

// breaker refuses calls at once while the server is away. A call that fails
// only raises the suspicion; a connection made for the purpose decides, unless
// somebody else was answered meanwhile: a busy server is not away. Without
// it every caller would wait for a connection, and the server would find
// hundreds of abandoned ones before the first that counts when it is back.
type breaker struct {
	config    *pgx.ConnConfig
	open      atomic.Bool
	answered  atomic.Int64 // when a call was answered last, in nanoseconds since origin
	suspicion chan struct{}
	stop      context.CancelFunc
	stopped   chan struct{}
}

// origin is what moments are counted from, by the monotonic clock.
var origin = time.Now()

func newBreaker(config *pgx.ConnConfig) *breaker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &breaker{config: config.Copy(), suspicion: make(chan struct{}, 1), stop: cancel, stopped: make(chan struct{})}
	b.config.ConnectTimeout = probeTimeout
	go b.watch(ctx)
	return b
}

// allow says no while the server is known to be away.
func (b *breaker) allow() error {
	if b.open.Load() {
		return errBreakerOpen
	}
	return nil
}

// observe takes note of how a call ended.
func (b *breaker) observe(err error) {
	var answer *pgconn.PgError
	if err == nil || errors.As(err, &answer) {
		b.answered.Store(int64(time.Since(origin)))
		return
	}
	if errors.Is(err, errBreakerOpen) || errors.Is(err, context.Canceled) || !away(err) {
		return
	}
	select {
	case b.suspicion <- struct{}{}:
	default: // is suspected already
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
		if b.open.Swap(false) {
			slog.Info("postgres is back")
		}
		_ = sleep.For(ctx, probePause)
	}
}

func (b *breaker) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	begun := int64(time.Since(origin))
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
