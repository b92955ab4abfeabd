package http

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
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
	setRequestID(c, start)
	setHeader(c, fiber.HeaderXContentTypeOptions, "nosniff")
	ctx := newLazyDeadline(start.Add(s.cfg.RequestTimeout))
	defer ctx.end()
	c.SetUserContext(ctx)

	err := s.recovered(c)
	if err != nil {
		s.writeProblem(c, err)
	}
	s.setPolicy(c)
	route, status, took := routeOf(c), c.Response().StatusCode(), time.Since(start)
	s.requests.observe(route, methodOf(c), status, took)
	s.slowDown(c, err)
	s.logRequest(c, took)
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
		ctx := newLazyDeadline(time.Now().Add(d))
		defer ctx.end()
		c.SetUserContext(ctx)
		return c.Next()
	}
}

// Where a request keeps what its line in the log says.
const (
	failureLocal = "failure" // an error, with which the request has failed
	aboutLocal   = "about"   // []slog.Attr
)

// about notes the id of something that a request concerns, for its line in the log. Those
// in its path need no note.
func about(c *fiber.Ctx, name string, id eventra.ID) {
	noted, _ := c.Locals(aboutLocal).([]slog.Attr)
	c.Locals(aboutLocal, append(noted, slog.String(name, id.String())))
}

// logRequest writes the line of a request, the only one, also if it failed. That of a
// probe, which comes all the time, is for debugging.
func (s *Server) logRequest(c *fiber.Ctx, took time.Duration) {
	err, _ := c.Locals(failureLocal).(error)
	route, status := routeOf(c), c.Response().StatusCode()
	level := slog.LevelInfo
	switch {
	case isProbe(route):
		level = slog.LevelDebug
	case status >= fiber.StatusInternalServerError && !isOverload(err):
		level = failureLevel(status)
	}
	if !s.cfg.Log.Enabled(c.UserContext(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("requestId", requestID(c)), slog.String("method", methodOf(c)), slog.String("route", route),
		slog.Int("status", status), slog.String("duration", took.Round(time.Microsecond).String())}
	if caller := callerOf(c); caller != nil {
		attrs = append(attrs, userAttr(caller.UserID))
	}
	noted, _ := c.Locals(aboutLocal).([]slog.Attr)
	attrs = append(append(attrs, noted...), pathAttrs(c)...)
	if made, ok := madeAttr(c.GetRespHeader(fiber.HeaderLocation)); ok {
		attrs = append(attrs, made)
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", string(problemOf(err).Code)))
	}
	if err != nil && status >= fiber.StatusInternalServerError {
		attrs = append(attrs, slog.Any("error", err)) // the cause, which the client does not see
	}
	s.cfg.Log.LogAttrs(c.UserContext(), level, "request", attrs...)
}

// Where what was made is found.
const (
	bookingsLocation = "/api/v1/bookings/"
	eventsLocation   = "/api/v1/events/"
)

// madeAttr names what a request has made, by the answer's Location, also if it is replayed.
func madeAttr(location string) (slog.Attr, bool) {
	for folder, name := range map[string]string{bookingsLocation: "bookingId", eventsLocation: "eventId"} {
		if last, ok := strings.CutPrefix(location, folder); ok {
			id, err := eventra.ParseID(last)
			return slog.String(name, id.String()), err == nil
		}
	}
	return slog.Attr{}, false
}

// failureLevel is a warning for a store that is away, and an error for anything else.
func failureLevel(status int) slog.Level {
	if status == fiber.StatusServiceUnavailable {
		return slog.LevelWarn
	}
	return slog.LevelError
}

func isProbe(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/metrics"
}

// routeOf returns the pattern of the route that answered.
func routeOf(c *fiber.Ctx) string {
	if path := c.Route().Path; path != "/" || c.Path() == "/" { // middleware is registered at "/"
		return path
	}
	return routeUnmatched
}

// methodOf returns the request's method in a string that outlives the request.
// The string of c.Method() does not.
func methodOf(c *fiber.Ctx) string { return c.Route().Method }
