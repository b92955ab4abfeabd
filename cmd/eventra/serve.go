package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

// stopMargin is how much longer than a gateway's answer a graceful stop may
// take: the payment's outcome is stored, batches land, mails are handed over.
const stopMargin = 20 * time.Second

// gcPercent is GOGC unless the environment gives one. Whenever garbage is
// collected, that takes every idle CPU for some tens of milliseconds, and
// whoever else needs one waits, a database on the same machine too; so it is
// collected a third as often as by Go's default.
const gcPercent = 300

type serveCommand struct{}

// Run serves until ctx ends, then stops gracefully.
func (serveCommand) Run(ctx context.Context) error {
	cfg, err := loadServeConfig()
	if err != nil {
		return err
	}
	if _, given := os.LookupEnv("GOGC"); !given {
		debug.SetGCPercent(gcPercent)
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
