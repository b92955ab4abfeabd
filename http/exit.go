package http

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// exit has those who are turned away wait for their turn to be told so: one
// for every [holdsPerExit] holds that are answered. To refuse takes a third of
// the CPU that it takes to sell, so a crowd that asks again at once would take
// the machine from those who are inside. A few are told at once, and nobody
// waits for longer than [exitWaitMax].
type exit struct {
	turns    chan struct{}
	answered atomic.Uint64
}

const (
	holdsPerExit = 8
	// exitTurnsMax is how many turns are kept while nobody waits for one.
	exitTurnsMax = 64
	exitWaitMax  = time.Second
)

func newExit() *exit {
	e := &exit{turns: make(chan struct{}, exitTurnsMax)}
	for range exitTurnsMax {
		e.turns <- struct{}{}
	}
	return e
}

// holdAnswered is called for each.
func (e *exit) holdAnswered() {
	if e.answered.Add(1)%holdsPerExit != 0 {
		return
	}
	select {
	case e.turns <- struct{}{}:
	default:
	}
}

// wait returns when it is the caller's turn. Meanwhile it has nothing but its
// connection.
func (e *exit) wait() {
	select {
	case <-e.turns:
		return
	default:
	}
	late := time.NewTimer(exitWaitMax)
	defer late.Stop()
	select {
	case <-e.turns:
	case <-late.C:
	}
}

// turnAway answers, in turn, without a look at anything but the request's id.
func (s *Server) turnAway(ctx *fasthttp.RequestCtx) {
	start := time.Now()
	s.exit.wait()
	ctx.Response.Header.SetContentType(mimeProblem)
	ctx.Response.Header.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, "1")
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	id := newID().String()
	if given := string(ctx.Request.Header.Peek(fiber.HeaderXRequestID)); visibleASCII(given, requestIDMaxBytes) {
		id = given
	}
	ctx.Response.Header.Set(fiber.HeaderXRequestID, id)
	ctx.SetBodyString(crowdedBefore + strconv.Quote(id) + crowdedAfter)
	s.requests.observe(string(holdsPath), fasthttp.MethodPost, fasthttp.StatusServiceUnavailable, time.Since(start))
}

// The problem of who is turned away at the gate, around the request's id.
const (
	crowdedBefore = `{"type":"` + problemTypePrefix + `overloaded","title":"Overloaded","status":503,` +
		`"detail":"too many requests at once","instance":"/api/v1/bookings","code":"overloaded","requestId":`
	crowdedAfter = `}`
)
