package http

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eventra/eventra"
)

// Health says that the process answers.
type Health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// Readiness says whether requests may be sent here, and what of each dependency.
type Readiness struct {
	Status string           `json:"status"`
	Checks map[string]Check `json:"checks"`
}

// Check is what one dependency came to.
type Check struct {
	Status   string `json:"status"` // "up" or "down"
	Required bool   `json:"required"`
}

func (s *Server) healthz(c *fiber.Ctx) error {
	return reply(c, fiber.StatusOK, &Health{Status: "alive", Version: s.cfg.Version})
}

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

func (s *Server) metrics() fiber.Handler {
	return adaptor.HTTPHandler(promhttp.HandlerFor(s.cfg.Metrics, promhttp.HandlerOpts{}))
}
