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
	return app.Migrate(ctx, cfg, cfg.Logger())
}
