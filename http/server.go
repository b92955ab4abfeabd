// Package http turns requests into calls of the services, and their outcomes into
// answers. It holds the routes, the handlers, and the only table from error codes to
// statuses.
//
// routes.go shows all routes on one screen. Each noun has a file with its handlers.
// services.go declares the interfaces of the services. Package admission limits how much
// is let in, and package auth says who is calling.
package http

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/docs"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
	"github.com/eventra/eventra/sleep"
)

// Server answers HTTP requests. [NewServer] makes one, [Server.Serve] runs it; before
// [Server.Ready] only operations are answered. [Server.Shutdown] ends it.
type Server struct {
	cfg                Config
	app                *fiber.App
	listener           admission.Listener
	pacer              *admission.Pacer
	holding            atomic.Int64 // requests that wait for seats
	accessTokens       *auth.AccessTokens
	apiKeys            *auth.APIKeys
	oneTimeTokens      *auth.OneTimeTokens
	shopCustomers      *shopCustomers
	passwords          *auth.PasswordHasher
	cursors            cursorSealer
	hashKey            []byte // of the hashes by which members of the release before know requests
	holdKeys           *holdKeys
	claimEnds          *claimEnds
	bodies             *bodies
	seatViews          *sharedViews
	encodedMaps        *encodedSeatMaps
	streams            *seatStreams
	exports            *exports
	reports            *reports
	streamsOfAddresses admission.Shares
	streamsOfUsers     admission.Shares
	operations         *fiber.App
	operationsListener admission.Listener
	document           *staticFile // the OpenAPI document
	swaggerFiles       map[string]*staticFile
	livehouse          map[string]*staticFile
	pages              *pages
	crossOrigin        *crossOrigin
	security           *slog.Logger

	requests  *requestMetrics
	traces    *requestTracer
	readiness *readiness
	ready     atomic.Bool
	waitsFor  atomic.Value // of string: what the start waits for
	draining  atomic.Bool
}

const (
	// readTimeout is for a whole request, even one with 100,000 seats over a slow line.
	readTimeout  = 30 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second // longer than the usual 60 s of load balancers
	// headersMaxBytes is many times the length of an access token.
	headersMaxBytes = 16 << 10
	// methodUnknown stands for every method that HTTP does not define.
	methodUnknown = "UNKNOWN"
)

// NewServer makes a server that is not ready yet.
func NewServer(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg,
		listener: admission.Listener{Limiter: admission.NewLimiter(), ReadTimeout: readTimeout,
			ConnectionsMax: cfg.ConnectionsMax, ConnectionsPerAddress: cfg.ConnectionsPerAddress, Refusal: refusedConnection, Log: cfg.Log},
		operationsListener: admission.Listener{Limiter: admission.NewLimiter(), ReadTimeout: readTimeout, Log: cfg.Log},
		streamsOfAddresses: admission.Shares{EachMax: cfg.StreamsPerAddress},
		streamsOfUsers:     admission.Shares{EachMax: cfg.StreamsPerUser},
		pacer:              admission.NewPacer(),
		accessTokens:       auth.NewAccessTokens(cfg.JWTSecrets...),
		apiKeys:            auth.NewAPIKeys(cfg.APIKeys),
		oneTimeTokens:      auth.NewOneTimeTokens(cfg.JWTSecrets...),
		shopCustomers:      newShopCustomers(cfg.Customers),
		cursors:            newCursorSealer(cfg.JWTSecrets),
		hashKey:            deriveKey(cfg.JWTSecrets[len(cfg.JWTSecrets)-1], "idempotency"),
		pages:              newPages(),
		crossOrigin:        newCrossOrigin(cfg.CORSOrigins),
		document:           newStaticFile(fiber.MIMEApplicationJSON, docs.OpenAPI),
		claimEnds:          newClaimEnds(cfg.IdempotencyKeys, cfg.Log),
		holdKeys:           newHoldKeys(),
		bodies:             newBodies(),
		security:           cfg.Log.WithGroup("security"),
		readiness:          newReadiness(cfg.Probes, cfg.Log),
		traces:             newRequestTracer(cfg.Tracer, cfg.TraceRatio),
	}
	s.exports = newExports(&s.cfg, newReaderPace(s.selling))
	s.reports = &reports{office: s.cfg.BackOffice, exports: s.exports}
	pace := newReaderPace(s.selling)
	s.seatViews, s.encodedMaps = newSharedViews(cfg.SeatMaps, pace), newEncodedSeatMaps(cfg.SeatMaps, pace, encodedSeatMapsMaxBytes)
	var err error
	if s.passwords, err = auth.NewPasswordHasher(cfg.PasswordCost, cfg.PasswordSlots, cfg.PasswordQueue); err != nil {
		return nil, err
	}
	if s.swaggerFiles, err = swaggerUIFiles(); err != nil {
		return nil, err
	}
	if s.livehouse, err = livehouseFiles(); err != nil {
		return nil, err
	}
	if s.requests, err = newRequestMetrics(cfg.Metrics, &s.holding); err != nil {
		return nil, err
	}
	if s.streams, err = newSeatStreams(cfg.SeatMaps, cfg.Catalog, cfg.Metrics); err != nil {
		return nil, err
	}
	if err = s.measure(cfg.Metrics); err != nil {
		return nil, err
	}
	s.listener.Proxy = s.trusted
	s.app = s.newApp()
	s.routes()
	s.prepare()
	s.operations = s.newApp()
	s.operationRoutes()
	return s, nil
}

func (s *Server) newApp() *fiber.App {
	return fiber.New(fiber.Config{
		AppName:                      "Eventra",
		DisableStartupMessage:        true,
		CaseSensitive:                true,
		StrictRouting:                true,
		DisablePreParseMultipartForm: true, // no route takes one, and parsing writes files
		RequestMethods:               append(append([]string{}, fiber.DefaultMethods...), methodUnknown),
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		ReadBufferSize:               headersMaxBytes,
		BodyLimit:                    bodySmallBytes, // of what is read before the handler; see receive
		StreamRequestBody:            true,
		ReduceMemoryUsage:            true, // a connection that has not sent a byte has no buffers
		ErrorHandler:                 s.refuseUnread,
	})
}

var errMalformedHeaders = errors.New("http: malformed headers")

// prepare sets the options that Fiber does not pass on to its fasthttp server.
func (s *Server) prepare() {
	handle := s.app.Handler()
	server := s.app.Server()
	server.CloseOnShutdown = true
	server.KeepHijackedConns = true // a stream closes its connection itself
	server.HeaderReceived = s.announced
	known := map[string]bool{}
	for _, method := range fiber.DefaultMethods {
		known[method] = true
	}
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		if !known[string(ctx.Method())] {
			ctx.Request.Header.SetMethod(methodUnknown) // so that it is routed and gets a 404 or a 405
		}
		switch {
		case !wellFormed(ctx.Request.Header.RawHeaders()):
			server.ErrorHandler(ctx, errMalformedHeaders)
			ctx.SetConnectionClose()
		case tooLong(&ctx.Request.Header):
			server.ErrorHandler(ctx, fasthttp.ErrBodyTooLarge)
		case s.admit(ctx):
			handle(ctx)
		}
		s.crossOrigin.allow(ctx)
		if leftUnread(ctx) {
			admission.Linger(ctx.Conn())
		}
		s.openStream(ctx)
	}
}

// Serve answers requests on ln until [Server.Shutdown]. Call it once.
func (s *Server) Serve(ln net.Listener) error {
	s.listener.Open(ln)
	if err := s.app.Server().Serve(&s.listener); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// ServeOperations answers /healthz, /readyz and /metrics on ln until [Server.Shutdown]
// has shut down the rest.
func (s *Server) ServeOperations(ln net.Listener) error {
	s.operationsListener.Open(ln)
	if err := s.operations.Server().Serve(&s.operationsListener); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Waits notes what the start waits for, in words for /readyz.
func (s *Server) Waits(what string) { s.waitsFor.Store(what) }

// Ready ends the starting phase: from now on the API answers, and /readyz depends on the
// dependencies alone.
func (s *Server) Ready() {
	s.readiness.forget() // what it saw while the server started
	s.ready.Store(true)
}

// started admits no request while the server starts.
func (s *Server) started(c *fiber.Ctx) error {
	if !s.ready.Load() {
		return eventra.Errorf(eventra.CodeUnavailable, "%s", s.starting())
	}
	return c.Next()
}

func (s *Server) starting() string {
	if what, _ := s.waitsFor.Load().(string); what != "" {
		return "starting: " + what
	}
	return "starting"
}

// Shutdown reports "not ready" for a while, closes the listener, and waits until all
// requests under way are answered or ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	_ = sleep.For(ctx, s.cfg.DrainDelay)
	s.streams.close()
	s.exports.close()
	s.encodedMaps.close()
	err := s.app.ShutdownWithContext(ctx) // closes the listener once its answers say "Connection: close"
	_ = s.listener.Close()                // in case Serve has yet to begin
	err = errors.Join(err, s.streams.wait(ctx), s.operations.ShutdownWithContext(ctx))
	_ = s.operationsListener.Close()
	s.claimEnds.close()
	return err
}
