package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/circuit"
)

const (
	// probeTimeout is how long a suspected server has to accept a connection.
	probeTimeout = 2 * time.Second
	// probePause is the least time between probes.
	probePause = 250 * time.Millisecond
)

// breaker opens when a probe fails, which is a connection of its own. A failed call
// only raises a suspicion.
type breaker struct{ *circuit.Breaker }

func newBreaker(config *pgx.ConnConfig) breaker {
	config = config.Copy()
	config.ConnectTimeout = probeTimeout
	return breaker{circuit.New(backend, probePause, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return err
		}
		return errors.Join(conn.Ping(ctx), conn.Close(ctx))
	})}
}

// observe notes how a call ended.
func (b breaker) observe(err error) {
	var answer *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &answer) && !isReadOnly(err):
		b.Answered()
	case errors.Is(err, circuit.ErrAway), errors.Is(err, context.Canceled):
	case away(err):
		b.Suspect()
	}
}

// Away reports whether calls are refused because the server is known to be away.
func (db *DB) Away() bool { return db.breaker.Open() }

// Trips returns how often the server was found away.
func (db *DB) Trips() uint64 { return db.breaker.Trips() }
