package main

import (
	"context"

	"github.com/eventra/eventra/cmd/eventra/app"
)

type serveCommand struct{}

// Run serves until ctx ends, then stops gracefully.
func (serveCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadServeConfig()
	if err != nil {
		return err
	}
	cfg.Version = version
	return app.Run(ctx, cfg)
}
