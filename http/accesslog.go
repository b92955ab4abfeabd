package http

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// routeUnmatched labels requests that match no route. Clients choose raw paths,
// which as labels would be without limit.
const routeUnmatched = "unmatched"

// observe surrounds every request. It sets the request's id and deadline, answers
// an error with a problem, and writes the log and the metrics.
func (s *Server) observe(c *fiber.Ctx) error {
	start := time.Now()
	id := setRequestID(c)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.RequestTimeout)
	defer cancel()
	c.SetUserContext(ctx)

	err := s.recovered(c)
	if err != nil {
		s.writeProblem(c, err)
	}
	s.setPolicy(c)
	route, status, took := routeOf(c), c.Response().StatusCode(), time.Since(start)
	s.requests.observe(route, methodOf(c), status, took)
	s.slowDown(c, err)
	level := slog.LevelInfo
	if status >= 500 && !isOverload(err) {
		level = slog.LevelWarn
	}
	if !s.cfg.Log.Enabled(ctx, level) {
		return nil
	}
	attrs := []slog.Attr{slog.String("requestId", id), slog.String("method", methodOf(c)), slog.String("route", route),
		slog.Int("status", status), slog.Duration("duration", took)}
	if caller := callerOf(c); caller != nil {
		attrs = append(attrs, slog.String("userId", caller.UserID.String()))
	}
	s.cfg.Log.LogAttrs(ctx, level, "request", attrs...)
	return nil
}

// recovered runs the rest of the request and turns a panic into an error.
func (s *Server) recovered(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &eventra.Error{Code: eventra.CodeInternal, Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	return c.Next()
}

// timeout gives a route a deadline of its own in place of the usual one.
func timeout(d time.Duration) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		c.SetUserContext(ctx)
		return c.Next()
	}
}

// logFailure logs the cause of a failed request, which the client does not see.
// A store that is away is a warning, anything else an error.
func (s *Server) logFailure(c *fiber.Ctx, status int, err error) {
	level := slog.LevelError
	if status == fiber.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	s.cfg.Log.LogAttrs(c.UserContext(), level, "request failed", slog.String("requestId", requestID(c)),
		slog.String("method", methodOf(c)), slog.String("route", routeOf(c)), slog.Any("error", err))
}

// routeOf returns the pattern of the route that answered.
func routeOf(c *fiber.Ctx) string {
	if path := c.Route().Path; path != "/" { // middleware is registered at "/"
		return path
	}
	return routeUnmatched
}

// methodOf returns the request's method in a string that outlives the request.
// The string of c.Method() does not.
func methodOf(c *fiber.Ctx) string { return c.Route().Method }
