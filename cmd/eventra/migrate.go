package main

import (
	"context"

	"github.com/eventra/eventra/cmd/eventra/app"
)

type migrateCommand struct{}

// Run brings the schema up to date.
func (migrateCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadConfig()
	if err != nil {
		return err
	}
	log := cfg.Logger()
	_, err = app.Migrate(ctx, cfg.PostgresURL, func(err error) { log.Warn("schema not up to date yet", "error", err) })
	return err
}
