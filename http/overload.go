package http

import (
	"bytes"
	"runtime"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const holdsRoute = "/api/v1/bookings"

var holdsPath = []byte(holdsRoute)

// admit decides whether a request is handled, before anything else looks at it. A hold
// keeps its slot of the limiter on the way to its event, and is shed here when too many
// requests compute or wait for seats already: that costs a fraction of a refusal by a
// handler. Other requests are always admitted, without a slot: there are few of them,
// and most wait for a store.
func (s *Server) admit(ctx *fasthttp.RequestCtx) bool {
	admitted := admission.Begin(ctx.Conn())
	if !isHold(ctx) {
		admission.ReleaseSlot(ctx.Conn())
		return true
	}
	if admitted && s.holding.Load() < int64(s.cfg.HoldsMax) {
		return true
	}
	s.requests.shed(admitted)
	admission.ReleaseSlot(ctx.Conn())
	s.shed(ctx)
	return false
}

// countedHold counts a hold among those that wait, from the claim of its key to the end of
// the claim.
func (s *Server) countedHold(c *fiber.Ctx) error { return s.countHold(c.Next) }

// countHold counts a hold while it waits for anything but its own client. There is one
// bound, whatever it waits for.
func (s *Server) countHold(wait func() error) error {
	if s.holding.Add(1) > int64(s.cfg.HoldsMax) {
		s.holding.Add(-1)
		s.requests.shed(true)
		s.pacer.Wait()
		return eventra.Errorf(eventra.CodeOverloaded, "too many requests at once")
	}
	defer s.holding.Add(-1)
	return wait()
}

// selling reports whether so many holds wait that a sale needs the CPUs.
func (s *Server) selling() bool {
	return s.holding.Load() > int64(paceHoldsPerCPU*runtime.GOMAXPROCS(0))
}

func isHold(ctx *fasthttp.RequestCtx) bool { return ctx.IsPost() && bytes.Equal(ctx.Path(), holdsPath) }

// shed refuses a hold at the pacer's pace. It looks at nothing but the request's id.
func (s *Server) shed(ctx *fasthttp.RequestCtx) {
	start := time.Now()
	s.pacer.Wait()
	ctx.Response.Header.SetContentType(mimeProblem)
	ctx.Response.Header.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, "1")
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	id := newRequestID(start).String()
	if given := string(ctx.Request.Header.Peek(fiber.HeaderXRequestID)); visibleASCII(given, requestIDMaxBytes) {
		id = given
	}
	ctx.Response.Header.Set(fiber.HeaderXRequestID, id)
	ctx.SetBodyString(overloadedBeforeID + strconv.Quote(id) + overloadedAfterID)
	s.requests.problem(eventra.CodeOverloaded, true)
	s.requests.observe(holdsRoute, fasthttp.MethodPost, fasthttp.StatusServiceUnavailable, time.Since(start))
}

// The problem of a shed hold, before and after the request's id.
const (
	overloadedBeforeID = `{"type":"` + problemTypePrefix + `overloaded","title":"Overloaded","status":503,` +
		`"detail":"too many requests at once","instance":"/api/v1/bookings","code":"overloaded","requestId":`
	overloadedAfterID = `}`
)

// isOverload reports whether a request failed because there are too many. In a rush that
// happens thousands of times a second. Metrics count it, and a line in the log for each
// would only add to the load.
func isOverload(err error) bool { return eventra.CodeOf(err) == eventra.CodeOverloaded }
