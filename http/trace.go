package http

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
)

const (
	headerTraceparent = "Traceparent"
	// apiPrefix is that of the requests that are traced.
	apiPrefix = "/api/"

	// tracesAskedPerSecond and tracesAskedBurst bound the requests that are traced because their
	// clients ask for it, all clients together: anybody can ask.
	tracesAskedPerSecond = 1
	tracesAskedBurst     = 10
)

// requestTracer decides which requests are traced, and begins their spans. Those that are not
// cost a random number and a look at a header.
type requestTracer struct {
	tracer trace.Tracer // nil: none is
	ratio  float64
	asked  *rate.Limiter
}

func newRequestTracer(tracer trace.Tracer, ratio float64) *requestTracer {
	return &requestTracer{tracer, ratio, rate.NewLimiter(tracesAskedPerSecond, tracesAskedBurst)}
}

// begin begins the span of a request, if it is to have one. The client's trace goes on, whoever
// has decided.
func (t *requestTracer) begin(c *fiber.Ctx, now time.Time) {
	if t.tracer == nil || !strings.HasPrefix(c.Path(), apiPrefix) {
		return
	}
	parent := string(c.Request().Header.Peek(headerTraceparent))
	if !t.chosen(parent, now) {
		return
	}
	ctx := context.Background()
	if parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	}
	x := exchangeOf(c)
	x.traced, _ = t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(now))
}

func (t *requestTracer) chosen(parent string, now time.Time) bool {
	return rand.Float64() < t.ratio || sampled(parent) && t.asked.AllowN(now, 1) //nolint:gosec // no secret
}

// sampled reports whether a client asks for a trace: the last digit of its flags is odd.
func sampled(traceparent string) bool {
	return traceparent != "" && strings.IndexByte("13579bdf", traceparent[len(traceparent)-1]) >= 0
}

// endSpan ends the span of a request that is answered. A client's address, its path and what it
// has sent are not in it.
func endSpan(c *fiber.Ctx) {
	x := exchangeOf(c)
	if x.traced == nil {
		return
	}
	span := trace.SpanFromContext(x.traced)
	route, status := routeOf(c), c.Response().StatusCode()
	span.SetName(methodOf(c) + " " + route)
	span.SetAttributes(attribute.String("http.request.method", methodOf(c)), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status), attribute.String("eventra.request.id", x.requestID))
	if x.failure != nil {
		span.SetAttributes(attribute.String("eventra.code", string(problemOf(x.failure).Code)))
	}
	if status >= fiber.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// traceID returns the id of the trace that a request belongs to, if it is traced.
func traceID(x *exchange) (id string, traced bool) {
	if x.traced == nil {
		return "", false
	}
	return trace.SpanContextFromContext(x.traced).TraceID().String(), true
}
