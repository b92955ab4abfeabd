package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra/circuit"
)

// probePause is the least time between probes.
const probePause = 500 * time.Millisecond

// breaker opens at the first command that finds the server away, so that no other one
// has to.
type breaker struct {
	*circuit.Breaker
	probe *goredis.Client
}

func newBreaker(probe *goredis.Client) breaker {
	return breaker{circuit.New("redis", probePause, func(ctx context.Context) error { return probe.Ping(ctx).Err() }), probe}
}

// ReportResult implements goredis.Limiter.
func (b breaker) ReportResult(err error) {
	if isAway(err) && !b.Open() {
		b.Trip(err)
	}
}

func (b breaker) close() error {
	b.Close()
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
func (db *DB) Away() bool { return db.breaker.Open() }

// Trips returns how often the server was found away.
func (db *DB) Trips() uint64 { return db.breaker.Trips() }
