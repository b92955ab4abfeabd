package main

import (
	"context"
	"time"
)

// stopMargin is how much longer than a gateway's answer a graceful stop may
// take: the payment's outcome is stored, batches land, mails are handed over.
const stopMargin = 20 * time.Second

type serveCommand struct{}

// Run serves until ctx ends, then stops gracefully.
func (serveCommand) Run(ctx context.Context) error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	log := cfg.logger()
	app, err := Start(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("serving", "address", app.Addr(), "version", version)
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case err = <-app.Failed():
		log.Error("serving ended", "error", err)
	}
	stop, cancel := context.WithTimeout(context.Background(), cfg.DrainDelay+cfg.PaymentTimeout+stopMargin)
	defer cancel()
	if stopErr := app.Stop(stop); err == nil {
		err = stopErr
	}
	log.Info("stopped", "error", err)
	return err
}
