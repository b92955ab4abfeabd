package app

import (
	"context"
	"time"

	"github.com/eventra/eventra/persistence/postgres"
)

// migrateTimeout is how long Migrate waits for PostgreSQL to appear: databases and
// programs are often started together.
const migrateTimeout = 30 * time.Second

// Migrate brings the schema up to date, and names the migrations that it applied.
// waits is called with the error of each try that is repeated.
func Migrate(ctx context.Context, url string, waits func(error)) (applied []string, err error) {
	deadline := time.Now().Add(migrateTimeout)
	err = await(ctx, waits, func() (again bool, err error) {
		done, err := postgres.Migrate(ctx, url)
		applied = append(applied, done...)
		return time.Now().Before(deadline), err
	})
	return applied, err
}
