package http

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eventra/eventra"
)

// Health says that the process answers.
type Health struct {
	Status  string `json:"status" enums:"alive" example:"alive" validate:"required"`
	Version string `json:"version" example:"v1.0.0" validate:"required"`
}

// Readiness says whether requests may be sent here, and what of each dependency.
type Readiness struct {
	Status string           `json:"status" enums:"ready" example:"ready" validate:"required"`
	Checks map[string]Check `json:"checks" validate:"required"` // each dependency by name
}

// Check is what one dependency came to.
type Check struct {
	Status   string `json:"status" enums:"up,down" example:"up" validate:"required"`
	Required bool   `json:"required" example:"true" validate:"required"` // without it the service is not ready
}

// @ID healthz
// @Summary Is it alive
// @Tags operations
// @Success 200 {object} Health "Alive"
// @Router /healthz [get]
func (s *Server) healthz(c *fiber.Ctx) error {
	return reply(c, fiber.StatusOK, &Health{Status: "alive", Version: s.cfg.Version})
}

// @ID readyz
// @Summary May requests be sent here
// @Description Each dependency by name. Not while starting or draining, nor without a dependency that is required.
// @Tags operations
// @Success 200 {object} Readiness "Ready"
// @Failure 503 {object} Problem "unavailable, with checks"
// @Router /readyz [get]
func (s *Server) readyz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	checks, ok := s.readiness.checks(c.UserContext())
	refusal := ""
	switch {
	case s.draining.Load():
		refusal = "draining"
	case !s.ready.Load():
		refusal = "starting"
	case !ok:
		refusal = "a required dependency does not answer"
	}
	if refusal != "" {
		return &notReady{error: eventra.Errorf(eventra.CodeUnavailable, "%s", refusal), checks: checks}
	}
	return reply(c, fiber.StatusOK, &Readiness{Status: "ready", Checks: checks})
}

// notReady is an outcome that tells of each dependency.
type notReady struct {
	error
	checks map[string]Check
}

// Unwrap gives the outcome to those who know no more of it.
func (e *notReady) Unwrap() error { return e.error }

// @ID metrics
// @Summary Metrics for Prometheus
// @Tags operations
// @Produce plain
// @Success 200 {string} string "Metrics"
// @Router /metrics [get]
func (s *Server) metrics() fiber.Handler {
	return adaptor.HTTPHandler(promhttp.HandlerFor(s.cfg.Metrics, promhttp.HandlerOpts{}))
}
