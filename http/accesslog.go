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
	x := beginExchange(c, start.Add(s.cfg.RequestTimeout))
	defer x.end()
	setRequestID(c, start)
	s.traces.begin(c, start)
	setHeader(c, fiber.HeaderXContentTypeOptions, "nosniff")

	err := s.recovered(c)
	if err != nil {
		s.writeProblem(c, err)
	}
	s.setPolicy(c)
	route, status, took := routeOf(c), c.Response().StatusCode(), time.Since(start)
	s.requests.observe(route, methodOf(c), status, took)
	endSpan(c)
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
		exchangeOf(c).postpone(time.Now().Add(d))
		return c.Next()
	}
}

// attrsUsual is how many attributes the line of a request has, if it has not failed.
const attrsUsual = 10

// logRequest writes the line of a request, the only one, also if it failed. That of a
// probe, which comes all the time, is for debugging.
func (s *Server) logRequest(c *fiber.Ctx, took time.Duration) {
	x := exchangeOf(c)
	err := x.failure
	route, status := routeOf(c), c.Response().StatusCode()
	level := slog.LevelInfo
	switch {
	case isProbe(route):
		level = slog.LevelDebug
	case status >= fiber.StatusInternalServerError && !isOverload(err):
		level = failureLevel(status)
	}
	if !s.cfg.Log.Enabled(x, level) {
		return
	}
	attrs := make([]slog.Attr, 0, attrsUsual)
	attrs = append(attrs, slog.String("requestId", x.requestID), slog.String("method", methodOf(c)), slog.String("route", route),
		slog.Int("status", status), slog.String("duration", took.Round(time.Microsecond).String()))
	if id, traced := traceID(x); traced {
		attrs = append(attrs, slog.String("traceId", id))
	}
	switch {
	case x.caller == nil:
	case x.caller.Key != nil:
		attrs = append(attrs, keyAttr(x.caller.Key))
	default:
		attrs = append(attrs, userAttr(x.caller.UserID))
	}
	for _, note := range x.notes {
		attrs = append(attrs, note.attr())
	}
	attrs = append(attrs, pathAttrs(c)...)
	if made, ok := madeAttr(c.GetRespHeader(fiber.HeaderLocation)); ok {
		attrs = append(attrs, made)
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", string(problemOf(err).Code)))
	}
	if err != nil && status >= fiber.StatusInternalServerError {
		attrs = append(attrs, slog.Any("error", err)) // the cause, which the client does not see
	}
	s.cfg.Log.LogAttrs(x, level, "request", attrs...)
}

// Where what was made is found.
const (
	bookingsLocation = "/api/v1/bookings/"
	eventsLocation   = "/api/v1/events/"
)

// madeAttr names what a request has made, by the answer's Location, also if it is replayed.
func madeAttr(location string) (slog.Attr, bool) {
	name := "bookingId"
	last, made := strings.CutPrefix(location, bookingsLocation)
	if !made {
		name = "eventId"
		last, made = strings.CutPrefix(location, eventsLocation)
	}
	if !made {
		return slog.Attr{}, false
	}
	id, err := eventra.ParseID(last)
	return slog.String(name, id.String()), err == nil
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
