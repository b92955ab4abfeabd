package http

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// The classes of [Config.RateLimits] and of failed logins.
const (
	rateBookings     = "bookings"
	rateAuth         = "auth"
	rateReads        = "reads"
	rateWrites       = "writes"
	rateLoginAccount = "login-account"
	rateLoginAddress = "login-address"
)

// RateClasses are the classes that [Config.RateLimits] may have.
var RateClasses = []string{rateBookings, rateAuth, rateReads, rateWrites}

// limited counts a request in its class, by user or, for an anonymous one, by address.
func (s *Server) limited(class string) fiber.Handler {
	limit := s.cfg.RateLimits[class]
	if limit.Requests == 0 {
		return func(c *fiber.Ctx) error { return c.Next() }
	}
	return func(c *fiber.Ctx) error {
		subject := s.addressOf(c)
		if caller := callerOf(c); caller != nil {
			subject = caller.UserID.String()
		}
		now := time.Now()
		used := s.cfg.RateCounters.Take(class, subject, limit.Window, now, 1)
		reset := limit.reset(now)
		c.Set("RateLimit-Limit", strconv.Itoa(limit.Requests))
		c.Set("RateLimit-Remaining", strconv.Itoa(max(0, limit.Requests-used)))
		c.Set("RateLimit-Reset", strconv.Itoa(wholeSeconds(reset)))
		if used > limit.Requests {
			return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many requests", RetryAfter: reset}
		}
		return c.Next()
	}
}

// reset returns the time until the current window ends. Windows begin at multiples of
// their length, as those of [RateCounters] do.
func (l RateLimit) reset(now time.Time) time.Duration {
	return now.Truncate(l.Window).Add(l.Window).Sub(now)
}

// wholeSeconds rounds up, so that waiting that long is enough.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// loginFailures counts failed logins, of one account and from one address.
type loginFailures struct {
	counters RateCounters
	counts   []failureCount
}

type failureCount struct {
	class, subject string
	limit          RateLimit
}

// check returns CodeRateLimited after too many failures. Accounts that do not exist are
// counted in the same way, so that the limit does not reveal which accounts exist.
func (f loginFailures) check(now time.Time) error {
	for _, count := range f.counts {
		if count.limit.Requests > 0 && f.counters.Take(count.class, count.subject, count.limit.Window, now, 0) >= count.limit.Requests {
			return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many failed logins", RetryAfter: count.limit.reset(now)}
		}
	}
	return nil
}

func (f loginFailures) add(now time.Time) {
	for _, count := range f.counts {
		if count.limit.Requests > 0 {
			f.counters.Take(count.class, count.subject, count.limit.Window, now, 1)
		}
	}
}

// loginFailures returns the counts of an account and of the client's network address.
// The account is named by a hash, so that the store of the counts learns no e-mail
// address.
func (s *Server) loginFailures(c *fiber.Ctx, email string) loginFailures {
	account := sha256.Sum256([]byte(email))
	return loginFailures{s.cfg.RateCounters, []failureCount{
		{rateLoginAccount, hex.EncodeToString(account[:16]), s.cfg.LoginFailuresPerAccount},
		{rateLoginAddress, s.addressOf(c), s.cfg.LoginFailuresPerAddress},
	}}
}
