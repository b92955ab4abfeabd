package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra/actors"
	web "github.com/eventra/eventra/http"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/redis"
	"github.com/eventra/eventra/persistence/smtp"
	"github.com/eventra/eventra/sleep"
)

// App is the whole program, wired. Tests start it on port 0.
type App struct {
	stores   *stores
	system   *actor.ActorSystem
	events   *actors.Directory
	mailer   *actor.PID
	queue    *redis.MailQueue
	mails    *smtp.Sender
	server   *web.Server
	listener net.Listener
	log      *slog.Logger

	stopLoops context.CancelFunc
	loops     sync.WaitGroup
	served    chan error
}

// Start brings the program up: when it returns, requests are answered.
func Start(ctx context.Context, cfg *Config, log *slog.Logger) (*App, error) {
	if cfg.Migrate {
		if err := migrate(ctx, cfg, log); err != nil {
			return nil, err
		}
	}
	s, err := openStores(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{stores: s, log: log, served: make(chan error, 1)}
	if err := a.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, a.release(ctx))
	}
	return a, nil
}

func (a *App) start(ctx context.Context, cfg *Config) (err error) {
	if err = ensureAdmin(ctx, cfg, a.stores); err != nil {
		return err
	}
	if a.mails, err = smtp.NewSender(cfg.SMTPURL, cfg.MailFrom); err != nil {
		return err
	}
	a.queue = redis.NewMailQueue(a.stores.redis)
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	a.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return a.log }))
	a.mailer = a.system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor {
		return &actors.Mailer{Outbox: a.stores.postgres, Queue: a.queue, Sender: a.mails,
			Pace: rate.NewLimiter(rate.Limit(cfg.MailRate), 1), Log: a.log}
	}))
	var store actors.EventStore = a.stores.postgres
	if cfg.wrapEventStore != nil {
		store = cfg.wrapEventStore(store)
	}
	place, err := cfg.clusterConfig(a.stores.members, a.log)
	if err != nil {
		return err
	}
	a.events, err = actors.OpenDirectory(&actors.Dependencies{
		Store: store, Locks: redis.NewLocks(a.stores.redis), Log: a.log, Metrics: actors.NewMetrics(metrics),
		QueueMax: cfg.EventQueueMax, Confirmed: actors.Nudge(a.system.Root, a.mailer),
	}, place)
	if err != nil {
		return err
	}
	gateway, err := cfg.gateway(a.stores.postgres)
	if err != nil {
		return err
	}
	office := actors.NewBoxOffice(a.events, store)
	processor := payments.NewProcessor(office, a.stores.postgres, gateway, a.log, cfg.PaymentTimeout)
	events := a.stores.newCatalog(a.events, a.log)
	denied := redis.NewDeniedTokens(a.stores.redis)
	rates := redis.NewRateCounters(a.stores.redis)

	a.server, err = web.NewServer(web.Config{
		Users: a.stores.postgres, DeniedTokens: denied, Catalog: events, SeatMaps: a.events,
		BoxOffice: office, Payments: processor, Bookings: a.stores.postgres,
		IdempotencyKeys: a.stores.postgres, RateCounters: rates, Members: a.events,
		Probes: []web.Probe{
			{Name: "postgres", Required: true, Check: a.stores.postgres.Ping},
			{Name: "cluster", Required: true, Check: a.events.Ready},
			{Name: "mongo", Check: a.stores.mongo.Ping},
			{Name: "redis", Check: a.stores.redis.Ping},
		},
		Metrics: metrics, Log: a.log, Version: version, JWTSecret: []byte(cfg.JWTSecret),
		PasswordCost: cfg.PasswordCost, HoldsMax: cfg.EventQueueMax, PaymentTimeout: processor.Bound(), DrainDelay: cfg.DrainDelay,
		RateLimits: cfg.RateLimits, LoginFailuresPerAccount: cfg.LoginFailuresAccount, LoginFailuresPerAddress: cfg.LoginFailuresAddress,
		TrustedProxies: cfg.TrustedProxies,
	})
	if err != nil {
		return err
	}
	if a.listener, err = net.Listen("tcp", cfg.HTTPAddr); err != nil {
		return err
	}
	loops := append(buildLoops(a, metrics), events.RunCopier, payments.NewReconciler(processor).Run, rates.Run,
		func(ctx context.Context) { actors.Sweep(ctx, a.stores.postgres, a.events, a.log) },
		func(ctx context.Context) {
			actors.ListenForExpiries(ctx, redis.NewHoldExpiries(a.stores.redis), a.events, a.log)
		},
		func(ctx context.Context) { denied.Run(ctx, a.stores.postgres) },
		a.purge)
	if cfg.ProfileAddr != "" {
		profiles, err := serveProfiles(cfg.ProfileAddr)
		if err != nil {
			return err
		}
		loops = append(loops, profiles)
	}
	a.runLoops(loops...)
	// A token that was logged out before must not pass in the first moment.
	for !denied.Ready() {
		if err := sleep.For(ctx, readyPoll); err != nil {
			return fmt.Errorf("denied tokens not loaded: %w", err)
		}
	}
	go func() { a.served <- a.server.Serve(a.listener) }()
	a.server.Ready()
	return nil
}

// buildLoops are what a build of another release adds to the loops: see
// nextversion.go.
var buildLoops = func(*App, prometheus.Registerer) []func(context.Context) { return nil }

// runLoops runs what goes on beside the requests.
func (a *App) runLoops(loops ...func(context.Context)) {
	var ctx context.Context
	ctx, a.stopLoops = context.WithCancel(context.Background())
	for _, loop := range loops {
		a.loops.Go(func() {
			loop(ctx)
		})
	}
}

// readyPoll parts looks at whether what a start waits for has come.
const readyPoll = 5 * time.Millisecond

// purgePause parts clean-ups of what has outlived its use.
const purgePause = 10 * time.Minute

func (a *App) purge(ctx context.Context) {
	ticker := time.NewTicker(purgePause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if n, err := a.stores.postgres.Purge(ctx); err != nil {
			a.log.Warn("not purged", "error", err)
		} else if n > 0 {
			a.log.Info("purged", "rows", n)
		}
	}
}

// Addr is where the program listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Failed tells when serving has ended by itself.
func (a *App) Failed() <-chan error { return a.served }

// Stop ends the program without losing anything: not ready, intake closed,
// requests finished, batches flushed, mails handed over, connections closed.
// ctx bounds the requests; what follows has a bound of its own.
func (a *App) Stop(ctx context.Context) error {
	return errors.Join(a.server.Shutdown(ctx), a.release(ctx))
}

// releaseWithin bounds what follows the last answer, however long that took.
const releaseWithin = 15 * time.Second

// release ends all behind the server, as much of it as was started.
func (a *App) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	var errs []error
	if a.stopLoops != nil {
		a.stopLoops()
		a.loops.Wait()
	}
	if a.listener != nil {
		_ = a.listener.Close() // again, unless the start failed before it was served
	}
	if a.events != nil {
		a.events.Close(ctx)
	}
	if a.system != nil {
		if err := wait(ctx, a.system.Root.StopFuture(a.mailer)); err != nil {
			// Its workers still use their connections, which end with the process.
			return errors.Join(append(errs, err)...)
		}
		a.system.Shutdown()
		a.mails.Close()
		errs = append(errs, a.queue.Close())
	}
	return errors.Join(append(errs, a.stores.Close())...)
}

func wait(ctx context.Context, stopped actor.Future) error {
	done := make(chan error, 1)
	go func() { done <- stopped.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
