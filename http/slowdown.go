package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const (
	// excessPause is how long an answer waits that its client has asked for too soon. A client
	// gets at most four of them a second on each of its connections, of which it has a limited
	// number, so that answering it costs others nothing.
	excessPause = 250 * time.Millisecond
	// anonymousPerSecond answers to one address are not delayed, without a valid token. Many
	// of them have no rate limit: health checks, unknown addresses, what is not valid HTTP.
	anonymousPerSecond = 200
)

// slowDown delays the answer to a client over its limit. It holds nothing but its
// connection meanwhile. Without any rate limit, it delays nobody.
func (s *Server) slowDown(c *fiber.Ctx, err error) {
	if len(s.cfg.RateLimits) == 0 {
		return
	}
	excess := err != nil && eventra.CodeOf(err) == eventra.CodeRateLimited
	if !excess && callerOf(c) == nil {
		excess = s.cfg.RateCounters.Take(rateAnonymous, s.addressOf(c), time.Second, time.Now(), 1) > anonymousPerSecond
	}
	if excess {
		admission.ReleaseSlot(c.Context().Conn())
		time.Sleep(excessPause)
	}
}
