package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/wait"
)

// Standby is the second PostgreSQL of a development stack, for which commits wait while it
// is attached.
type Standby struct {
	primary, standby *pgx.Conn
	source           string // by which the standby connects
	names            string // for which the primary waits
}

// standbyTimeout bounds the time in which a standby gets what it has missed.
const standbyTimeout = time.Minute

// caughtUp is whether the standby has everything.
const caughtUp = "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn())"

// OpenStandby finds the stack's standby, which is attached.
func (s *System) OpenStandby(ctx context.Context) (_ *Standby, err error) {
	url := os.Getenv("EVENTRA_DEV_STANDBY_URL")
	if url == "" {
		return nil, errors.New("there is no standby: use bin/devstack exec --standby -- bin/bench-http, or make bench-http BENCH_ARGS='-run standby'")
	}
	b := &Standby{}
	if b.primary, err = pgx.Connect(ctx, s.Stores.PostgresURL); err != nil {
		return nil, err
	}
	if b.standby, err = pgx.Connect(ctx, url); err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	err = errors.Join(b.standby.QueryRow(ctx, "SHOW primary_conninfo").Scan(&b.source),
		b.primary.QueryRow(ctx, "SHOW synchronous_standby_names").Scan(&b.names))
	if err == nil && (b.source == "" || b.names == "") {
		err = errors.New("no commit waits for the standby")
	}
	if err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	return b, nil
}

// Close closes the connections.
func (b *Standby) Close(ctx context.Context) (err error) {
	for _, conn := range []*pgx.Conn{b.primary, b.standby} {
		if conn != nil {
			err = errors.Join(err, conn.Close(ctx))
		}
	}
	return err
}

// Detach ends the replication: no commit waits, and the standby gets nothing.
func (b *Standby) Detach(ctx context.Context) error {
	if err := b.until(ctx, "SELECT "+caughtUp+" OR NOT EXISTS (SELECT FROM pg_stat_replication)"); err != nil {
		return err
	}
	if err := set(ctx, b.primary, "synchronous_standby_names", ""); err != nil {
		return err
	}
	if err := set(ctx, b.standby, "primary_conninfo", ""); err != nil {
		return err
	}
	return b.until(ctx, "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)")
}

// Attach starts the replication again, and waits until commits wait for a standby that has
// everything.
func (b *Standby) Attach(ctx context.Context) error {
	if err := set(ctx, b.standby, "primary_conninfo", b.source); err != nil {
		return err
	}
	if err := b.until(ctx, "SELECT "+caughtUp); err != nil {
		return err
	}
	if err := set(ctx, b.primary, "synchronous_standby_names", b.names); err != nil {
		return err
	}
	return b.until(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")
}

// set changes a setting of a server for good.
func set(ctx context.Context, server *pgx.Conn, name, value string) error {
	var quoted string
	if err := server.QueryRow(ctx, "SELECT quote_literal($1)", value).Scan(&quoted); err != nil {
		return err
	}
	for _, statement := range []string{"ALTER SYSTEM SET " + name + " = " + quoted, "SELECT pg_reload_conf()"} {
		if _, err := server.Exec(ctx, statement); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// until repeats a query of the primary until it is true.
func (b *Standby) until(ctx context.Context, query string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, standbyTimeout, fmt.Errorf("not after %v: %s", standbyTimeout, query))
	defer cancel()
	for {
		var answer bool
		if err := b.primary.QueryRow(ctx, query).Scan(&answer); err != nil || answer {
			return err
		}
		if err := wait.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}
