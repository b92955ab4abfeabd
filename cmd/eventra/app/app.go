// Package app wires the parts of Eventra and runs them.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
	_ "time/tzdata" // venues' time zones, wherever the binary runs

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra/actors"
	web "github.com/eventra/eventra/http"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/catalog"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
	"github.com/eventra/eventra/persistence/smtp"
	"github.com/eventra/eventra/sleep"
)

// App is a running instance. Tests start it on port 0.
type App struct {
	stores     *Stores
	events     *actors.Directory
	queue      *redis.MailQueue
	mails      *smtp.Sender
	denied     *redis.DeniedTokens
	catalog    *catalog.Catalog
	server     *web.Server
	listener   net.Listener
	operations net.Listener // nil if they are answered on listener
	profiles   net.Listener // nil if there are none
	traces     *traces      // nil if nothing is traced
	log        *slog.Logger

	stopLoops context.CancelFunc
	loops     sync.WaitGroup
	served    chan error
}

// Start brings an instance up. It opens the ports first, so that a taken one ends it
// before it changes anything, and answers /healthz and /readyz from then on. When it
// returns, all requests are answered.
func Start(ctx context.Context, cfg *Config, log *slog.Logger, options ...Option) (*App, error) {
	a := &App{log: log, served: make(chan error, 2)}
	if err := a.start(ctx, cfg, newWiring(options)); err != nil {
		return nil, errors.Join(err, a.abort(ctx))
	}
	return a, nil
}

func (a *App) start(ctx context.Context, cfg *Config, w *wiring) error {
	if err := a.listen(cfg); err != nil {
		return err
	}
	var err error
	if a.stores, err = OpenStores(ctx, cfg, a.log); err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if a.traces, err = newTraces(ctx, cfg, metrics, a.log); err != nil {
		return err
	}
	loops, err := a.build(cfg, w, metrics)
	if err != nil {
		return err
	}
	a.measure(metrics, cfg.Version)
	a.serve()
	if err := a.join(ctx, cfg); err != nil {
		return err
	}
	a.runLoops(append(loops, a.buildLoops(w, metrics)...))
	if err := a.awaitDeniedTokens(ctx); err != nil {
		return err
	}
	a.server.Ready()
	return nil
}

// build makes the services and the server. It returns the loops that the services need.
func (a *App) build(cfg *Config, w *wiring, metrics *prometheus.Registry) ([]func(context.Context), error) {
	store := w.wrapEventStore(a.stores.Postgres)
	if err := a.newDirectory(cfg, store, metrics); err != nil {
		return nil, err
	}
	gateway, err := cfg.gateway(a.stores.Postgres)
	if err != nil {
		return nil, err
	}
	gateway = newTimedGateway(gateway, metrics)
	office := actors.NewBoxOffice(a.events, store)
	processor := payments.NewProcessor(office, a.stores.Postgres, gateway, a.log, cfg.PaymentTimeout)
	a.catalog = a.stores.newCatalog(a.events, a.log)
	a.denied = redis.NewDeniedTokens(a.stores.Redis)
	rates := redis.NewRateCounters(a.stores.Redis)
	err = a.newServer(cfg, web.Config{
		Users: a.stores.Postgres, APIKeys: a.stores.Postgres, Customers: a.stores.Postgres, DeniedTokens: a.denied, Catalog: a.catalog, SeatMaps: a.events,
		BoxOffice: office, Payments: processor, Bookings: a.stores.Postgres, Blocks: a.stores.Postgres, Cancellations: a.stores.Postgres,
		BackOffice: a.stores.Postgres, MailTries: a.queue, Audit: a.stores.Postgres, UserAdmin: a.stores.Postgres, DeadMails: a.queue,
		IdempotencyKeys: a.stores.Postgres, RateCounters: rates, Members: a.events,
		PaymentTimeout: processor.Bound(), Metrics: metrics, Log: a.log,
	})
	cancellations := payments.NewCancellations(processor, a.stores.Postgres, a.log)
	return []func(context.Context){a.catalog.RunCopier, payments.NewReconciler(processor).Run, cancellations.Run, rates.Run}, err
}

// join makes sure that the schema is there, and joins the cluster. It waits for
// PostgreSQL as long as ctx lasts.
func (a *App) join(ctx context.Context, cfg *Config) error {
	steps := []func(context.Context) error{
		a.stores.Postgres.CheckSessions,
		a.stores.Postgres.CheckSchema,
		func(ctx context.Context) error { return a.stores.EnsureAdmin(ctx, cfg, a.log) },
		a.events.Join,
	}
	if cfg.Migrate {
		steps[1] = func(ctx context.Context) error {
			applied, err := postgres.Migrate(ctx, cfg.PostgresURL)
			if len(applied) > 0 {
				a.log.Info("migrations applied", "migrations", applied)
			}
			return err
		}
	}
	for _, step := range steps {
		if err := a.await(ctx, step); err != nil {
			return err
		}
	}
	a.server.Waits("")
	return nil
}

// newDirectory makes the directory, which has yet to join the cluster.
func (a *App) newDirectory(cfg *Config, store actors.EventStore, metrics *prometheus.Registry) error {
	var err error
	if a.mails, err = smtp.NewSender(cfg.SMTPURL, cfg.MailFrom); err != nil {
		return err
	}
	a.mails.Link = cfg.linkMaker(a.listener.Addr())
	a.queue = redis.NewMailQueue(a.stores.Redis)
	a.queue.Workers = cfg.mailWorkers()
	config, err := cfg.clusterConfig(a.stores.Members, a.log)
	if err != nil {
		return err
	}
	a.events, err = actors.NewDirectory(&actors.Dependencies{
		Store: store, Locks: redis.NewLocks(a.stores.Redis), Log: a.log, Metrics: actors.NewMetrics(metrics),
		QueueMax: cfg.EventQueueMax, Tracer: a.traces.tracer(),
		Mailer: &actors.MailerConfig{Outbox: a.stores.Postgres, Queue: a.queue, Sender: newCountedSender(a.mails, metrics),
			Pace: rate.NewLimiter(rate.Limit(cfg.MailRate), 1), Tracer: a.traces.tracer(), TraceRatio: cfg.TraceRatio},
	}, config)
	return err
}

// listen opens the ports; nothing is answered yet.
func (a *App) listen(cfg *Config) (err error) {
	if a.listener, err = net.Listen("tcp", cfg.HTTPAddr); err != nil {
		return fmt.Errorf("EVENTRA_HTTP_ADDR: %w", err)
	}
	if cfg.OpsAddr != "" {
		if a.operations, err = net.Listen("tcp", cfg.OpsAddr); err != nil {
			return fmt.Errorf("EVENTRA_OPS_ADDR: %w", err)
		}
	}
	if cfg.ProfileAddr != "" {
		if a.profiles, err = net.Listen("tcp", cfg.ProfileAddr); err != nil {
			return fmt.Errorf("EVENTRA_PROFILE_ADDR: %w", err)
		}
	}
	return nil
}

func (a *App) newServer(cfg *Config, c web.Config) (err error) {
	c.Probes = []web.Probe{
		{Name: "postgres", Required: true, Check: a.stores.Postgres.Ping},
		{Name: "schema", Required: true, Check: a.stores.Postgres.CheckSchema},
		{Name: "cluster", Required: true, Check: a.events.Ready},
		{Name: "mongo", Check: a.stores.Mongo.Ping},
		{Name: "redis", Check: a.stores.Redis.Ping},
	}
	c.Version, c.JWTSecrets = cfg.Version, secretList(cfg.JWTSecret)
	c.SessionLife, c.PasswordCost, c.HoldsMax, c.DrainDelay = cfg.SessionLife, cfg.PasswordCost, cfg.EventQueueMax, cfg.DrainDelay
	c.RateLimits, c.TrustedProxies, c.RequireVerifiedEmail = cfg.RateLimits, cfg.TrustedProxies, cfg.RequireVerified
	c.LoginFailuresPerAccount, c.LoginFailuresPerAddress = cfg.LoginFailuresPerAccount, cfg.LoginFailuresPerAddress
	c.Tracer, c.TraceRatio = a.traces.tracer(), cfg.TraceRatio
	cfg.edge(&c)
	a.server, err = web.NewServer(c)
	return err
}

// serve begins to answer requests.
func (a *App) serve() {
	if a.operations != nil {
		go func() { a.served <- a.server.ServeOperations(a.operations) }()
	}
	go func() { a.served <- a.server.Serve(a.listener) }()
}

// readyPoll is the pause between looks at whether denied tokens are loaded.
const readyPoll = 5 * time.Millisecond

// awaitDeniedTokens waits for the denied tokens: a token that was logged out must not
// pass in the first moment.
func (a *App) awaitDeniedTokens(ctx context.Context) error {
	for !a.denied.Ready() {
		if err := sleep.For(ctx, readyPoll); err != nil {
			return fmt.Errorf("denied tokens not loaded: %w", err)
		}
	}
	return nil
}

// Addr returns where the instance listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Failed receives an error if serving ends by itself.
func (a *App) Failed() <-chan error { return a.served }

// Routes returns what the instance answers, as "GET /api/v1/events/:eventId".
func (a *App) Routes() []string { return a.server.Routes() }
