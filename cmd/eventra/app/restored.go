package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/redis"
)

// RestoreMoney brings a restored database into agreement with its gateway, by ordinary commands
// to the events. It serves nobody, and is no member of the cluster.
func RestoreMoney(ctx context.Context, cfg *Config, stores *Stores, log *slog.Logger, since time.Time, dryRun bool) (found *payments.Forgotten, err error) {
	gateway, err := cfg.gateway(stores.Postgres)
	if err != nil {
		return nil, err
	}
	books, ok := gateway.(payments.Books)
	if !ok {
		return nil, errors.New("EVENTRA_PAYMENT_GATEWAY: the gateway does not list its books: compare them by hand")
	}
	events, err := actors.NewDirectory(&actors.Dependencies{Store: stores.Postgres, Locks: redis.NewLocks(stores.Redis), Log: log,
		Metrics: actors.NewMetrics(prometheus.NewRegistry()), QueueMax: cfg.EventQueueMax},
		cluster.Config{Version: cfg.Version, Members: stores.Members, Log: log})
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		err = errors.Join(err, events.Close(ctx))
	}()
	if err := events.Join(ctx); err != nil {
		return nil, err
	}
	processor := payments.NewProcessor(actors.NewBoxOffice(events, stores.Postgres), stores.Postgres, gateway, log, cfg.PaymentTimeout)
	return payments.NewRestorer(processor, stores.Postgres, books).Restore(ctx, since, dryRun)
}
