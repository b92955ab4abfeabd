package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/migrations"
	"github.com/eventra/eventra/persistence/postgres"
)

type migrateCommand struct {
	Status bool `help:"Only list the migrations, and which of them the database has. The exit code is 1 if it lacks one."`
}

// Run brings the schema up to date, or lists migrations.
func (c migrateCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return err
	}
	log := cfg.Logger()
	if c.Status {
		return migrationStatus(ctx, cfg.PostgresURL)
	}
	applied, err := app.Migrate(ctx, cfg.PostgresURL, func(err error) { log.Warn("schema not up to date yet", "error", err) })
	for _, name := range applied {
		fmt.Println("applied", name)
	}
	if err == nil {
		_, err = fmt.Printf("the schema is up to date; %d migrations applied\n", len(applied))
	}
	return err
}

func migrationStatus(ctx context.Context, url string) error {
	db, err := postgres.Open(ctx, url, postgres.Options{MaxConns: 1, ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.Migrations(ctx)
	if err != nil {
		return err
	}
	if err := printMigrations(all); err != nil {
		return err
	}
	return db.CheckSchema(ctx)
}

func printMigrations(all []migrations.Migration) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "MIGRATION\tAPPLIED AT")
	for _, m := range all {
		applied := "not yet"
		if !m.AppliedAt.IsZero() {
			applied = m.AppliedAt.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\n", m.Name, applied)
	}
	return table.Flush()
}
