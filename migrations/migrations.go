// Package migrations is the history of the database's schema: numbered SQL
// files that are applied in order, each once, and never edited after a release.
//
// Migrations only go forward. Each must let the previous release continue to
// work, because instances of both run side by side during a rollout.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
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

// Apply brings the database at url up to date, and returns the names of the migrations
// that it applied. Any number of processes may call it at once: an advisory lock lets one
// work, and the others find the work done.
func Apply(ctx context.Context, url string) (applied []string, err error) {
	pool, err := pgxpool.ParseConfig(url) // it understands the parameters of pools, which the server does not
	if err != nil {
		return nil, err
	}
	config := pool.ConnConfig
	PreferWritable(&config.Config, url)
	config.RuntimeParams["lock_timeout"] = tableLockTimeout
	config.RuntimeParams["application_name"] = "eventra migrate"
	db := stdlib.OpenDB(*config)
	defer db.Close()

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPollSeconds, lockPolls))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if partly, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partly.Applied
	}
	for _, result := range results {
		applied = append(applied, path.Base(result.Source.Path))
	}
	if err != nil {
		return applied, fmt.Errorf("migrate: %w", err)
	}
	return applied, nil
}

// Migration is one of [Files].
type Migration struct {
	Version   int64
	Name      string    // of the file
	AppliedAt time.Time // zero if the database lacks it
}

// Querier is a connection to PostgreSQL.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const stateUndefinedTable = "42P01"

// Status returns all migrations, the oldest first. It only reads.
func Status(ctx context.Context, db Querier) ([]Migration, error) {
	all, err := known()
	if err != nil {
		return nil, err
	}
	applied, err := appliedAt(ctx, db)
	for i := range all {
		all[i].AppliedAt = applied[all[i].Version]
	}
	return all, err
}

// appliedAt returns when the database got each migration; none for an empty database.
func appliedAt(ctx context.Context, db Querier) (map[int64]time.Time, error) {
	applied := map[int64]time.Time{}
	rows, err := db.Query(ctx, `SELECT version_id, tstamp FROM `+goose.DefaultTablename+` WHERE is_applied`)
	if err == nil {
		var version int64
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error {
			applied[version] = at
			return nil
		})
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == stateUndefinedTable {
		return nil, nil
	}
	return applied, err
}

// known returns the migrations of [Files].
func known() (all []Migration, err error) {
	entries, err := Files.ReadDir(".") // sorted by name
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, Migration{Version: version, Name: entry.Name()})
	}
	return all, nil
}

// PreferWritable makes the configuration of a URL choose, among its hosts, one that
// accepts writes, as with target_session_attrs=read-write. A URL that sets
// target_session_attrs itself is left as it is.
func PreferWritable(config *pgconn.Config, url string) {
	if config.ValidateConnect == nil && !strings.Contains(url, "target_session_attrs") {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
}
