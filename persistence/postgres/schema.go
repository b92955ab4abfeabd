package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra/migrations"
)

const statePermissionDenied = "42501"

// Migrate brings the schema up to date and names the migrations that it applied; many
// instances may do so at once. CodeUnavailable while the server is away.
func Migrate(ctx context.Context, url string) (applied []string, err error) {
	applied, err = migrations.Apply(ctx, url)
	return applied, classify(err)
}

// SchemaBehindError means that the database lacks migrations of this program.
type SchemaBehindError struct {
	Lacks []string // oldest first
	Known int      // migrations of this program
}

// Error implements error, in words for the operator.
func (e *SchemaBehindError) Error() string {
	return fmt.Sprintf("the database schema lacks %d of %d migrations, from %s on: run `eventra migrate`", len(e.Lacks), e.Known, e.Lacks[0])
}

// Migrations returns the migrations of this program, applied or not, the oldest first.
func (db *DB) Migrations(ctx context.Context) (all []migrations.Migration, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		all, err = migrations.Status(ctx, conn)
		return err
	})
	return all, err
}

// CheckSchema returns a [SchemaBehindError] if the database lacks migrations. A role
// that may not read which there are learns nothing.
func (db *DB) CheckSchema(ctx context.Context) error {
	all, err := db.Migrations(ctx)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == statePermissionDenied {
		return nil
	}
	if err != nil {
		return err
	}
	behind := &SchemaBehindError{Known: len(all)}
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			behind.Lacks = append(behind.Lacks, m.Name)
		}
	}
	if len(behind.Lacks) > 0 {
		return behind
	}
	return nil
}

// Refused reports whether the server answered that it never accepts a connection with
// this URL: a wrong password, an unknown database or setting.
func Refused(err error) bool {
	var connecting *pgconn.ConnectError
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && errors.As(err, &connecting) && !isTransient(refused.Code)
}
