package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// keyBytesPerUnit of a stored outcome count as much as another key.
const keyBytesPerUnit = 1024

// keyQuota bounds what the keys of one caller take in the store, where each is kept for a
// day: the keys, and the KiB of their outcomes.
type keyQuota struct {
	counters RateCounters
	limit    RateLimit
	subject  string
}

func (s *Server) keyQuota(c *fiber.Ctx) keyQuota {
	return keyQuota{counters: s.cfg.RateCounters, limit: s.cfg.RateLimits[rateKeys], subject: s.subjectOf(c)}
}

// usedUp reports whether the caller may use no key that is new.
func (q *keyQuota) usedUp() bool { return q.limit.Requests > 0 && q.take(0) >= q.limit.Requests }

// claimed counts a key that was new.
func (q *keyQuota) claimed(claim *eventra.IdempotencyClaim) {
	if claim.New() {
		q.used()
	}
}

// used counts a key.
func (q *keyQuota) used() {
	if q.limit.Requests > 0 {
		q.take(1)
	}
}

// stored counts an outcome.
func (q *keyQuota) stored(outcome *eventra.StoredResponse) {
	if q.limit.Requests > 0 && outcome != nil {
		q.take(len(outcome.Body) / keyBytesPerUnit)
	}
}

func (q *keyQuota) take(n int) (used int) {
	return q.counters.Take(rateKeys, q.subject, q.limit.Window, time.Now(), n)
}

// refuse completes the refusal of a key that is new.
func (q *keyQuota) refuse() error {
	return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many new idempotency keys", RetryAfter: q.limit.reset(time.Now())}
}
