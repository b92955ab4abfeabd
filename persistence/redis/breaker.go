package redis

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra/sleep"
)

// probeInterval is how often a lost server is probed.
const probeInterval = 500 * time.Millisecond

var errBreakerOpen = errors.New("redis is away")

// breaker refuses commands at once while the server is away. One command detects
// that the server is away. A probe in the background detects that it is back, so
// no other command has to try.
type breaker struct {
	open    atomic.Bool
	tripped chan struct{}
	probe   *goredis.Client
	stop    context.CancelFunc
	stopped chan struct{}
}

func newBreaker(probe *goredis.Client) *breaker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &breaker{tripped: make(chan struct{}, 1), probe: probe, stop: cancel, stopped: make(chan struct{})}
	go b.watch(ctx)
	return b
}

// Allow implements goredis.Limiter.
func (b *breaker) Allow() error {
	if b.open.Load() {
		return errBreakerOpen
	}
	return nil
}

// ReportResult implements goredis.Limiter.
func (b *breaker) ReportResult(err error) {
	if !isAway(err) || !b.open.CompareAndSwap(false, true) {
		return
	}
	slog.Warn("redis is away: going on without it", "error", err)
	b.tripped <- struct{}{} // has room: watch receives the previous one before it closes the breaker
}

func (b *breaker) watch(ctx context.Context) {
	defer close(b.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.tripped:
		}
		for b.probe.Ping(ctx).Err() != nil {
			if sleep.For(ctx, probeInterval) != nil {
				return
			}
		}
		slog.Info("redis is back")
		b.open.Store(false)
	}
}

func (b *breaker) close() error {
	b.stop()
	<-b.stopped
	return b.probe.Close()
}

// isAway reports whether an error means that the server does not serve. An error
// that the server answers with does not, nor does a caller that gave up.
func isAway(err error) bool {
	var answer goredis.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, goredis.ErrClosed):
		return false
	case errors.As(err, &answer):
		return goredis.HasErrorPrefix(err, "LOADING") || goredis.HasErrorPrefix(err, "MASTERDOWN")
	}
	return true
}

// Away reports whether calls are refused because the server is known to be away.
func (db *DB) Away() bool { return db.breaker.open.Load() }
