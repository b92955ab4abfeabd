package app

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
)

const (
	// stopMargin is how much longer than a gateway's answer a graceful stop may
	// take: the payment's outcome is stored, batches are committed, mails are
	// handed over.
	stopMargin = 20 * time.Second

	// logFlushTimeout is how long the reader of the log has for the last lines.
	logFlushTimeout = 2 * time.Second
)

// Run serves until ctx ends, then stops gracefully.
func Run(ctx context.Context, cfg *Config, options ...Option) error {
	uuid.EnableRandPool() // ids are no secrets, so random bytes for them may wait in memory
	paceCollector()
	lines := NewLogWriter(os.Stderr)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), logFlushTimeout)
		defer cancel()
		_ = lines.Flush(ctx) // what nobody reads by then is lost
	}()
	log := cfg.loggerTo(lines).With("instance", instanceName())
	slog.SetDefault(log)
	warnOfUnknownSettings(log)
	cfg.warnOfLinks(log)
	options = append(options, WithLoop(lines.measure))
	a, err := Start(ctx, cfg, log, options...)
	if ctx.Err() != nil && err != nil {
		log.Info("stopped before it was ready")
		return nil
	}
	if err != nil {
		return err
	}
	log.Info("serving", "address", a.Addr(), "version", cfg.Version)
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case err = <-a.Failed():
		log.Error("serving ended", "error", err)
	}
	stop, cancel := context.WithTimeout(context.Background(), cfg.DrainDelay+cfg.PaymentTimeout+stopMargin)
	defer cancel()
	if stopErr := a.Stop(stop); err == nil {
		err = stopErr
	}
	log.Info("stopped", "error", err)
	return err
}

// instanceName tells the lines of several instances apart, also on one machine.
func instanceName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + strconv.Itoa(os.Getpid())
}
