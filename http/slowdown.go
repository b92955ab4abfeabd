package http

import (
	"sync"
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
	// countedAddressesMax bounds the memory of the counts. Others are not delayed.
	countedAddressesMax = 1 << 16
)

// anonymousAnswers counts by address, in windows of a second.
type anonymousAnswers struct {
	mu     sync.Mutex
	window int64 // a Unix time
	counts map[string]int
}

// add counts an answer and returns how many the address has had in this second.
func (a *anonymousAnswers) add(address string, now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if window := now.Unix(); window != a.window || a.counts == nil {
		a.window, a.counts = window, map[string]int{}
	}
	if n, known := a.counts[address]; known || len(a.counts) < countedAddressesMax {
		a.counts[address] = n + 1
	}
	return a.counts[address]
}

// slowDown delays the answer to a client over its limit. It holds nothing but its
// connection meanwhile. Without any rate limit, it delays nobody.
func (s *Server) slowDown(c *fiber.Ctx, err error) {
	if len(s.cfg.RateLimits) == 0 {
		return
	}
	excess := err != nil && eventra.CodeOf(err) == eventra.CodeRateLimited
	if !excess && callerOf(c) == nil {
		excess = s.anonymousAnswers.add(s.addressOf(c), time.Now()) > anonymousPerSecond
	}
	if excess {
		admission.ReleaseSlot(c.Context().Conn())
		time.Sleep(excessPause)
	}
}
