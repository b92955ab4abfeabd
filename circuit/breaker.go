// Package circuit has the circuit breaker of the stores.
package circuit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/sleep"
)

// ErrAway says that a call was refused because its server is known to be away.
var ErrAway = errors.New("away")

// Breaker refuses calls at once while a server is away. Without it every call would wait
// for a server, and one that comes back would have to work through those that were given
// up. A failed call opens it ([Breaker.Trip]) or raises a suspicion ([Breaker.Suspect]).
// A probe decides, unless a call was answered meanwhile: a busy server is not away.
type Breaker struct {
	backend string
	refusal error
	pause   time.Duration
	probe   func(context.Context) error

	open  atomic.Bool
	trips atomic.Uint64
	made  time.Time
	// When a call was last answered, and a probe: nanoseconds since made, by the monotonic clock.
	answered, probed atomic.Int64
	suspicion        chan struct{} // to be probed
	stop             context.CancelFunc
	stopped          chan struct{}
}

// New makes a breaker of a backend, which is called that in the log, that lets calls pass.
// probe asks the server, for a bounded time; pause is the least time between two probes,
// also while the server answers.
func New(backend string, pause time.Duration, probe func(context.Context) error) *Breaker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Breaker{
		backend: backend, refusal: fmt.Errorf("%s is %w", backend, ErrAway), pause: pause, probe: probe,
		made:      time.Now().Add(-2 * pause), // no probe speaks for the server yet
		suspicion: make(chan struct{}, 1), stop: cancel, stopped: make(chan struct{}),
	}
	go b.watch(ctx)
	return b
}

// Allow returns an error that wraps [ErrAway] while the server is known to be away.
func (b *Breaker) Allow() error {
	if b.Open() {
		return b.refusal
	}
	return nil
}

// Open reports whether calls are refused.
func (b *Breaker) Open() bool { return b.open.Load() }

// Trips returns how often the server was found away.
func (b *Breaker) Trips() uint64 { return b.trips.Load() }

// Now is the time by which [Breaker.QuietSince] counts.
func (b *Breaker) Now() int64 { return int64(time.Since(b.made)) }

// Answered notes that the server has answered a call.
func (b *Breaker) Answered() { b.answered.Store(b.Now()) }

// QuietSince reports whether the server has answered no call since then, and no probe of
// late, which would speak for it until the next one may begin.
func (b *Breaker) QuietSince(begun int64) bool {
	return b.answered.Load() <= begun && b.Now()-b.probed.Load() > int64(b.pause)
}

// Suspect lets a probe find out whether the server is away.
func (b *Breaker) Suspect() {
	select {
	case b.suspicion <- struct{}{}:
	default: // it is being probed already
	}
}

// Trip refuses calls from now on, until a probe is answered.
func (b *Breaker) Trip(err error) {
	b.refuse(err)
	b.Suspect()
}

func (b *Breaker) refuse(err error) {
	if !b.open.Swap(true) {
		b.trips.Add(1)
		slog.Warn(b.backend+" is away", "error", err)
	}
}

func (b *Breaker) watch(ctx context.Context) {
	defer close(b.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.suspicion:
		}
		for err := b.ask(ctx); err != nil && ctx.Err() == nil; err = b.ask(ctx) {
			b.refuse(err)
			_ = sleep.For(ctx, b.pause)
		}
		if ctx.Err() != nil {
			return // nothing is known about the server
		}
		if b.open.Swap(false) {
			slog.Info(b.backend + " is back")
		}
		_ = sleep.For(ctx, b.pause)
	}
}

func (b *Breaker) ask(ctx context.Context) error {
	begun := b.Now()
	if err := b.probe(ctx); err != nil && b.answered.Load() <= begun {
		return err
	}
	b.probed.Store(b.Now())
	return nil
}

// Close ends the probes.
func (b *Breaker) Close() {
	b.stop()
	<-b.stopped
}
