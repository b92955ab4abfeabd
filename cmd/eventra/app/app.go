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
	server     *web.Server
	listener   net.Listener
	operations net.Listener // nil if they are answered on listener
	log        *slog.Logger

	stopLoops context.CancelFunc
	loops     sync.WaitGroup
	served    chan error
}

// Start brings an instance up. When it returns, requests are answered.
func Start(ctx context.Context, cfg *Config, log *slog.Logger, options ...Option) (*App, error) {
	if cfg.Migrate {
		if err := Migrate(ctx, cfg, log); err != nil {
			return nil, err
		}
	}
	s, err := OpenStores(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &App{stores: s, log: log, served: make(chan error, 2)}
	if err := a.start(ctx, cfg, newWiring(options)); err != nil {
		return nil, errors.Join(err, a.release(ctx))
	}
	return a, nil
}

func (a *App) start(ctx context.Context, cfg *Config, w *wiring) error {
	if err := a.stores.EnsureAdmin(ctx, cfg, a.log); err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	store := w.wrapEventStore(a.stores.Postgres)
	if err := a.openDirectory(cfg, store, metrics); err != nil {
		return err
	}
	gateway, err := cfg.gateway(a.stores.Postgres)
	if err != nil {
		return err
	}
	office := actors.NewBoxOffice(a.events, store)
	processor := payments.NewProcessor(office, a.stores.Postgres, gateway, a.log, cfg.PaymentTimeout)
	catalog := a.stores.newCatalog(a.events, a.log)
	a.denied = redis.NewDeniedTokens(a.stores.Redis)
	rates := redis.NewRateCounters(a.stores.Redis)
	services := web.Config{
		Users: a.stores.Postgres, DeniedTokens: a.denied, Catalog: catalog, SeatMaps: a.events,
		BoxOffice: office, Payments: processor, Bookings: a.stores.Postgres,
		IdempotencyKeys: a.stores.Postgres, RateCounters: rates, Members: a.events,
		PaymentTimeout: processor.Bound(), Metrics: metrics, Log: a.log,
	}
	if err := a.listen(cfg, services); err != nil {
		return err
	}
	loops, err := a.buildLoops(cfg, w, metrics)
	if err != nil {
		return err
	}
	a.runLoops(append(loops, catalog.RunCopier, payments.NewReconciler(processor).Run, rates.Run))
	return a.serve(ctx)
}

// openDirectory joins the cluster, or begins to serve alone.
func (a *App) openDirectory(cfg *Config, store actors.EventStore, metrics *prometheus.Registry) error {
	var err error
	if a.mails, err = smtp.NewSender(cfg.SMTPURL, cfg.MailFrom); err != nil {
		return err
	}
	a.queue = redis.NewMailQueue(a.stores.Redis)
	config, err := cfg.clusterConfig(a.stores.Members, a.log)
	if err != nil {
		return err
	}
	a.events, err = actors.OpenDirectory(&actors.Dependencies{
		Store: store, Locks: redis.NewLocks(a.stores.Redis), Log: a.log, Metrics: actors.NewMetrics(metrics),
		QueueMax: cfg.EventQueueMax,
		Mailer: &actors.MailerConfig{Outbox: a.stores.Postgres, Queue: a.queue, Sender: a.mails,
			Pace: rate.NewLimiter(rate.Limit(cfg.MailRate), 1)},
	}, config)
	return err
}

// listen makes the server and opens its port; nothing is answered yet.
func (a *App) listen(cfg *Config, c web.Config) (err error) {
	c.Probes = []web.Probe{
		{Name: "postgres", Required: true, Check: a.stores.Postgres.Ping},
		{Name: "cluster", Required: true, Check: a.events.Ready},
		{Name: "mongo", Check: a.stores.Mongo.Ping},
		{Name: "redis", Check: a.stores.Redis.Ping},
	}
	c.Version, c.JWTSecret = cfg.Version, []byte(cfg.JWTSecret)
	c.SessionLife, c.PasswordCost, c.HoldsMax, c.DrainDelay = cfg.SessionLife, cfg.PasswordCost, cfg.EventQueueMax, cfg.DrainDelay
	c.RateLimits, c.TrustedProxies = cfg.RateLimits, cfg.TrustedProxies
	c.LoginFailuresPerAccount, c.LoginFailuresPerAddress = cfg.LoginFailuresPerAccount, cfg.LoginFailuresPerAddress
	cfg.edge(&c)
	if a.server, err = web.NewServer(c); err != nil {
		return err
	}
	if cfg.OpsAddr != "" {
		if a.operations, err = net.Listen("tcp", cfg.OpsAddr); err != nil {
			return err
		}
	}
	a.listener, err = net.Listen("tcp", cfg.HTTPAddr)
	return err
}

// readyPoll is the pause between looks at whether denied tokens are loaded.
const readyPoll = 5 * time.Millisecond

// serve begins to answer requests. It waits for the denied tokens first: a
// token that was logged out must not pass in the first moment.
func (a *App) serve(ctx context.Context) error {
	for !a.denied.Ready() {
		if err := sleep.For(ctx, readyPoll); err != nil {
			return fmt.Errorf("denied tokens not loaded: %w", err)
		}
	}
	if a.operations != nil {
		go func() { a.served <- a.server.ServeOperations(a.operations) }()
	}
	go func() { a.served <- a.server.Serve(a.listener) }()
	a.server.Ready()
	return nil
}

// Addr returns where the instance listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Failed receives an error if serving ends by itself.
func (a *App) Failed() <-chan error { return a.served }

// Routes returns what the instance answers, as "GET /api/v1/events/:eventId".
func (a *App) Routes() []string { return a.server.Routes() }
