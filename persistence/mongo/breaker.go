package mongo

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

// probePause is the least time between probes, also while the server answers.
const probePause = 250 * time.Millisecond

var errBreakerOpen = errors.New("mongo is away")

// breaker refuses calls at once while the server is away. A failed call opens it,
// unless another call was answered meanwhile: a busy server is not away. A probe
// closes it. Without the breaker every call would wait for a server.
type breaker struct {
	ping      func(context.Context) error
	open      atomic.Bool
	made      time.Time
	answered  atomic.Int64  // when a call was last answered: nanoseconds since made, by the monotonic clock
	probed    atomic.Int64  // when a probe was last answered: it speaks for the server until the next one may begin
	suspicion chan struct{} // to be probed
	stop      context.CancelFunc
	stopped   chan struct{}
}

func newBreaker(ping func(context.Context) error) *breaker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &breaker{ping: ping, made: time.Now().Add(-2 * probePause), suspicion: make(chan struct{}, 1), stop: cancel, stopped: make(chan struct{})}
	go b.watch(ctx)
	return b
}

// call makes a call that is bounded by callTimeout, unless the server is known to be
// away.
func (b *breaker) call(ctx context.Context, do func(context.Context) error) error {
	if b.open.Load() {
		return eventra.Unavailable("mongo", errBreakerOpen)
	}
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	begun := b.now()
	err := do(bounded)
	if ctx.Err() == nil { // a caller that gave up knows nothing
		b.observe(begun, err)
	}
	return err
}

func (b *breaker) now() int64 { return int64(time.Since(b.made)) }

// observe notes how a call ended.
func (b *breaker) observe(begun int64, err error) {
	if eventra.CodeOf(err) != eventra.CodeUnavailable {
		b.answered.Store(b.now())
		return
	}
	if b.answered.Load() <= begun && b.now()-b.probed.Load() > int64(probePause) {
		b.trip(err)
	}
	select {
	case b.suspicion <- struct{}{}:
	default: // it is being probed already
	}
}

func (b *breaker) trip(err error) {
	if !b.open.Swap(true) {
		slog.Warn("mongo is away", "error", err)
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
			b.trip(err)
			_ = sleep.For(ctx, probePause)
		}
		if ctx.Err() != nil {
			return // nothing is known about the server
		}
		if b.open.Swap(false) {
			slog.Info("mongo is back")
		}
		_ = sleep.For(ctx, probePause)
	}
}

func (b *breaker) probe(ctx context.Context) error {
	begun := b.now()
	if err := b.ping(ctx); err != nil && b.answered.Load() <= begun {
		return err
	}
	b.probed.Store(b.now())
	return nil
}

func (b *breaker) close() {
	b.stop()
	<-b.stopped
}

// Away reports whether calls are refused because the server is known to be away.
func (db *DB) Away() bool { return db.breaker.open.Load() }
