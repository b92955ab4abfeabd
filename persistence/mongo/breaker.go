package mongo

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/circuit"
)

// probePause is the least time between probes.
const probePause = 250 * time.Millisecond

// breaker opens at the first call that fails, unless another one was answered meanwhile.
type breaker struct{ *circuit.Breaker }

// call makes a call that is bounded by callTimeout, unless the server is known to be
// away.
func (b breaker) call(ctx context.Context, do func(context.Context) error) error {
	if err := b.Allow(); err != nil {
		return eventra.Unavailable("mongo", err)
	}
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	begun := b.Now()
	err := do(bounded)
	if ctx.Err() == nil { // a caller that gave up knows nothing
		b.observe(begun, err)
	}
	return err
}

// observe notes how a call ended.
func (b breaker) observe(begun int64, err error) {
	switch {
	case eventra.CodeOf(err) != eventra.CodeUnavailable:
		b.Answered()
	case b.QuietSince(begun):
		b.Trip(err)
	default:
		b.Suspect()
	}
}

// Away reports whether calls are refused because the server is known to be away.
func (db *DB) Away() bool { return db.breaker.Open() }

// Trips returns how often the server was found away.
func (db *DB) Trips() uint64 { return db.breaker.Trips() }
