package http

import (
	"context"
	"net/netip"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// Health is the answer of a process that is alive.
type Health struct {
	Status  string `json:"status" enums:"alive" example:"alive" validate:"required"`
	Version string `json:"version" example:"v1.0.0" validate:"required"`
}

// Readiness is the answer of a server that takes requests, with the state of each
// dependency.
type Readiness struct {
	Status string           `json:"status" enums:"ready" example:"ready" validate:"required"`
	Checks map[string]Check `json:"checks" validate:"required"` // state of each dependency, by name
}

// Check is the state of one dependency.
type Check struct {
	Status   string `json:"status" enums:"up,down" example:"up" validate:"required"`
	Required bool   `json:"required" example:"true" validate:"required"` // the server is not ready without it
}

// @ID healthz
// @Summary Check liveness
// @Description The process answers, whatever its dependencies do.
// @Tags operations
// @Success 200 {object} Health "Alive"
// @Router /healthz [get]
func (s *Server) healthz(c *fiber.Ctx) error {
	return reply(c, fiber.StatusOK, &Health{Status: "alive", Version: s.cfg.Version})
}

// @ID readyz
// @Summary Check readiness
// @Description The server is not ready while it starts or drains, or without a required dependency.
// @Tags operations
// @Success 200 {object} Readiness "Ready"
// @Failure 503 {object} Problem "unavailable, with checks"
// @Router /readyz [get]
func (s *Server) readyz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	checks, refusal := s.checkReady(c.UserContext())
	if refusal != "" {
		return &notReady{error: eventra.Errorf(eventra.CodeUnavailable, "%s", refusal), checks: checks}
	}
	return reply(c, fiber.StatusOK, &Readiness{Status: "ready", Checks: checks})
}

// checkReady returns the state of each dependency, and why the server takes no requests: "" if it
// does.
func (s *Server) checkReady(ctx context.Context) (checks map[string]Check, refusal string) {
	checks, ok := s.readiness.checks(ctx)
	switch {
	case s.draining.Load():
		refusal = "draining"
	case !s.ready.Load():
		refusal = s.starting()
	case !ok:
		refusal = "a required dependency does not answer"
	}
	return checks, refusal
}

// notReady is an error with the state of each dependency.
type notReady struct {
	error
	checks map[string]Check
}

// Unwrap returns the error without the dependencies.
func (e *notReady) Unwrap() error { return e.error }

// operationRoutes registers what [Server.ServeOperations] answers.
func (s *Server) operationRoutes() {
	s.operations.Use(s.observe)
	table := routeTable{s, s.operations}
	table.get("/healthz", strangers, unlimited, probe, s.healthz)
	table.get("/readyz", strangers, unlimited, probe, s.readyz)
	table.get("/metrics", strangers, unlimited, probe, s.metrics())
	server, handle := s.operations.Server(), s.operations.Handler()
	server.CloseOnShutdown = true
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		admission.ReleaseSlot(ctx.Conn())
		handle(ctx)
	}
}

// thisMachine admits only clients on this machine. A proxy on it that is not trusted to
// name its clients is one of them.
func (s *Server) thisMachine(c *fiber.Ctx) error {
	peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	if !peer.Unmap().IsLoopback() || !s.clientOf(c).IsLoopback() {
		return eventra.Errorf(eventra.CodeForbidden, "this is for the machine that the service runs on")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}

// @ID metrics
// @Summary Metrics for Prometheus
// @Description In the text format, for this machine only unless operations have a listener of their own.
// @Tags operations
// @Produce plain
// @Success 200 {string} string "Metrics"
// @Failure 403 {object} Problem "forbidden: only for clients on the same machine"
// @Router /metrics [get]
func (s *Server) metrics() fiber.Handler {
	return adaptor.HTTPHandler(promhttp.HandlerFor(s.cfg.Metrics, promhttp.HandlerOpts{}))
}
