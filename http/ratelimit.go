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
	rateBookings        = "bookings"
	rateAuth            = "auth"
	rateReads           = "reads"
	rateWrites          = "writes"
	rateUnauthenticated = "unauthenticated"
	rateKeys            = "keys"
	rateMails           = "mails"
	rateAnonymous       = "anonymous"    // see slowDown; not configured
	rateKeyLookUps      = "key-look-ups" // see lookUpKey; not configured
	rateLoginAccount    = "login-account"
	rateLoginAddress    = "login-address"
	rateLoginPair       = "login-account-address"
	rateLoginKnown      = "login-known-address"
)

// RateClasses are the classes that [Config.RateLimits] may have.
var RateClasses = []string{rateBookings, rateAuth, rateReads, rateWrites, rateUnauthenticated, rateKeys, rateMails}

// limited counts a request in its class, by user or, for an anonymous one, by address.
func (s *Server) limited(class string) fiber.Handler {
	limit := s.cfg.RateLimits[class]
	if limit.Requests == 0 {
		return func(c *fiber.Ctx) error { return c.Next() }
	}
	return func(c *fiber.Ctx) error {
		if err := s.count(c, class, s.subjectOf(c), limit); err != nil {
			return err
		}
		return c.Next()
	}
}

// count counts a request, tells its client what is left, and refuses it past the limit.
func (s *Server) count(c *fiber.Ctx, class, subject string, limit RateLimit) error {
	now := time.Now()
	used := s.cfg.RateCounters.Take(class, subject, limit.Window, now, 1)
	reset := limit.reset(now)
	setHeader(c, headerRateLimit, strconv.Itoa(limit.Requests))
	setHeader(c, headerRateRemaining, strconv.Itoa(max(0, limit.Requests-used)))
	setHeader(c, headerRateLimitReset, strconv.Itoa(wholeSeconds(reset)))
	if used > limit.Requests {
		return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many requests", RetryAfter: reset}
	}
	return nil
}

// unauthenticated counts a request without a valid access token by address, and returns
// its refusal. A valid token is never refused for what others at the address do.
func (s *Server) unauthenticated(c *fiber.Ctx, refusal error) error {
	if limit := s.cfg.RateLimits[rateUnauthenticated]; limit.Requests > 0 {
		if err := s.count(c, rateUnauthenticated, s.addressOf(c), limit); err != nil {
			return err
		}
	}
	return refusal
}

// reset returns the time until the current window ends. Windows begin at multiples of
// their length, as those of [RateCounters] do.
func (l RateLimit) reset(now time.Time) time.Duration {
	return now.Truncate(l.Window).Add(l.Window).Sub(now)
}

// wholeSeconds rounds up, so that waiting that long is enough.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

const (
	// accountFailuresFactor times LoginFailuresPerAccount failures of an account, from all
	// addresses together, mean that many computers guess at it. Then an address that the
	// account has not signed in from has one failure instead of many.
	accountFailuresFactor = 10
	// knownAddressWindow is how long an address counts as one that the account signs in from.
	knownAddressWindow = 24 * time.Hour
)

// loginFailures counts failed logins of an account from one address, from one address for
// any account, and of an account from all addresses. No count of an account from elsewhere
// refuses an address that has not failed yet, so a stranger cannot lock the owner out. See
// OWASP, Authentication Cheat Sheet ("Login Throttling") and Slow Down Online Guessing
// Attacks with Device Cookies, whose place the known address takes.
type loginFailures struct {
	counters RateCounters

	account, address, accountFromAddress, known failureCount
}

type failureCount struct {
	class, subject string
	limit          RateLimit
}

func (f *loginFailures) used(count failureCount, now time.Time) int {
	return f.counters.Take(count.class, count.subject, count.limit.Window, now, 0)
}

// check returns CodeRateLimited after too many failures. Accounts that do not exist are
// counted in the same way, so that the limit does not reveal which accounts exist.
func (f *loginFailures) check(now time.Time) error {
	known := f.used(f.known, now) > 0
	if most := f.accountFromAddress.limit.Requests; most > 0 {
		if !known && f.used(f.account, now) >= most*accountFailuresFactor {
			most = 1
		}
		if f.used(f.accountFromAddress, now) >= most {
			return f.accountFromAddress.refuse(now)
		}
	}
	if most := f.address.limit.Requests; most > 0 && !known && f.used(f.address, now) >= most {
		return f.address.refuse(now)
	}
	return nil
}

func (c *failureCount) refuse(now time.Time) error {
	return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many failed logins", RetryAfter: c.limit.reset(now)}
}

func (f *loginFailures) failed(now time.Time) {
	for _, count := range []failureCount{f.account, f.address, f.accountFromAddress} {
		if count.limit.Requests > 0 {
			f.counters.Take(count.class, count.subject, count.limit.Window, now, 1)
		}
	}
}

// succeeded remembers that the account signs in from the address.
func (f *loginFailures) succeeded(now time.Time) {
	if f.accountFromAddress.limit.Requests > 0 || f.address.limit.Requests > 0 {
		f.counters.Take(f.known.class, f.known.subject, f.known.limit.Window, now, 1)
	}
}

// loginFailures returns the counts of an account and of the client's network address.
// The account is named by a hash, so that the store of the counts learns no e-mail
// address.
func (s *Server) loginFailures(c *fiber.Ctx, email string) *loginFailures {
	hash := sha256.Sum256([]byte(email))
	account, address := hex.EncodeToString(hash[:16]), s.addressOf(c)
	return &loginFailures{
		counters:           s.cfg.RateCounters,
		account:            failureCount{rateLoginAccount, account, s.cfg.LoginFailuresPerAccount},
		address:            failureCount{rateLoginAddress, address, s.cfg.LoginFailuresPerAddress},
		accountFromAddress: failureCount{rateLoginPair, account + " " + address, s.cfg.LoginFailuresPerAccount},
		known:              failureCount{rateLoginKnown, account + " " + address, RateLimit{Requests: 1, Window: knownAddressWindow}},
	}
}
