// Package migrations is the history of the database's schema: numbered SQL
// files that are applied in order, each once, and never edited after a release.
//
// Migrations only go forward. Each must let the previous release continue to
// work, because instances of both run side by side during a rollout.
package migrations

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS

const (
	// Another instance may be migrating: ask for the lock once a second for five
	// minutes, which is longer than any migration may take.
	lockPollSeconds = 1
	lockPolls       = 300
	// A migration that waits for a table blocks every statement behind it, so it
	// gives up soon and can be started again.
	tableLockTimeout = "10s"
)

// Apply brings the database at url up to date. Any number of processes may call it
// at once: an advisory lock lets one work, and the others find the work done.
func Apply(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	PreferWritable(&config.Config, url)
	config.RuntimeParams["lock_timeout"] = tableLockTimeout
	config.RuntimeParams["application_name"] = "eventra migrate"
	db := stdlib.OpenDB(*config)
	defer db.Close()

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPollSeconds, lockPolls))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// PreferWritable makes the configuration of a URL choose, among its hosts, one that
// accepts writes, as with target_session_attrs=read-write. A URL that sets
// target_session_attrs itself is left as it is.
func PreferWritable(config *pgconn.Config, url string) {
	if config.ValidateConnect == nil && !strings.Contains(url, "target_session_attrs") {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
}
