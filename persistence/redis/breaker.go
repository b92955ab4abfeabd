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

// probeInterval is how often a lost server is asked whether it is back.
const probeInterval = 500 * time.Millisecond

var errBreakerOpen = errors.New("redis is away")

// breaker refuses commands at once while the server is away. One command
// finds that out; that the server is back is found out in the background, so
// that no further command has to try.
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

// Allow and ReportResult are how the client asks and tells.
func (b *breaker) Allow() error {
	if b.open.Load() {
		return errBreakerOpen
	}
	return nil
}

func (b *breaker) ReportResult(err error) {
	if !isAway(err) || !b.open.CompareAndSwap(false, true) {
		return
	}
	slog.Warn("redis is away: going on without", "error", err)
	b.tripped <- struct{}{} // has room: watch takes the last one before it closes the breaker
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

// isAway tells a server that does not serve from one that answers, be it with
// an error, and from callers that gave up.
func isAway(err error) bool {
	var answer goredis.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &answer):
		return goredis.HasErrorPrefix(err, "LOADING") || goredis.HasErrorPrefix(err, "MASTERDOWN")
	}
	return true
}
