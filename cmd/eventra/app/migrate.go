package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/sleep"
)

const (
	// migrateTimeout is how long a start waits for Postgres to appear: databases
	// and programs are often started together.
	migrateTimeout = 30 * time.Second
	migratePause   = time.Second
)

// Migrate brings the schema up to date.
func Migrate(ctx context.Context, cfg *Config, log *slog.Logger) error {
	deadline := time.Now().Add(migrateTimeout)
	for {
		err := postgres.Migrate(ctx, cfg.PostgresURL)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		log.Warn("schema not up to date yet", "error", err)
		if err := sleep.For(ctx, migratePause); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
}
