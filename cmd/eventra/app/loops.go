package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/persistence/redis"
)

// purgePause is the time between clean-ups of what has outlived its use, and between looks for
// bookings without a reference.
const purgePause = time.Minute

// buildLoops makes what runs alongside the requests until the instance stops.
func (a *App) buildLoops(w *wiring, metrics prometheus.Registerer) []func(context.Context) {
	loops := []func(context.Context){
		func(ctx context.Context) { actors.Sweep(ctx, a.stores.Postgres, a.events, a.log) },
		func(ctx context.Context) { actors.WatchLineage(ctx, a.stores.Postgres, a.events, a.log) },
		func(ctx context.Context) { actors.TellRescheduled(ctx, a.stores.Postgres, a.log) },
		func(ctx context.Context) {
			actors.ListenForExpiries(ctx, redis.NewHoldExpiries(a.stores.Redis), a.events, a.log)
		},
		func(ctx context.Context) { a.denied.Run(ctx, a.stores.Postgres) },
		a.purge,
		a.numberBookings,
		a.measureBacklog(metrics),
		a.measureHotEvents(metrics),
	}
	for _, loop := range w.loops {
		loops = append(loops, func(ctx context.Context) { loop(ctx, a.events.Node(), metrics) })
	}
	if a.profiles != nil {
		loops = append(loops, serveProfiles(a.profiles))
	}
	return loops
}

func (a *App) runLoops(loops []func(context.Context)) {
	var ctx context.Context
	ctx, a.stopLoops = context.WithCancel(context.Background())
	for _, loop := range loops {
		a.loops.Go(func() { loop(ctx) })
	}
}

func (a *App) purge(ctx context.Context) {
	everyPause(ctx, func() {
		if n, err := a.stores.Postgres.Purge(ctx); err != nil {
			a.log.Warn("not purged", "error", err)
		} else if n > 0 {
			a.log.Info("purged", "rows", n)
		}
	})
}

// numberBookings gives references to bookings of before there were any, and finds nothing to do
// soon after an upgrade.
func (a *App) numberBookings(ctx context.Context) {
	everyPause(ctx, func() {
		if n, err := a.stores.Postgres.NumberBookings(ctx); err != nil {
			a.log.Warn("bookings without references", "error", err)
		} else if n > 0 {
			a.log.Info("gave references to bookings", "bookings", n)
		}
	})
}

func everyPause(ctx context.Context, work func()) {
	ticker := time.NewTicker(purgePause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			work()
		}
	}
}
