package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// keyLookUpsPerAddress are keys that this instance does not remember, a second and network
// address. A shop has a few; whoever makes keys up gets no further.
const keyLookUpsPerAddress = 32

// callerOfKey returns the caller of an API key.
func (s *Server) callerOfKey(c *fiber.Ctx, token string) (*auth.Caller, error) {
	now := time.Now()
	caller, fresh := s.apiKeys.Known(token, now)
	if !fresh {
		var err error
		if caller, err = s.lookUpKey(c, token, caller, now); err != nil {
			return nil, err
		}
	}
	if caller.Key.Expired(now) || s.cfg.DeniedTokens.Denied(&caller.AccessTokenID) {
		return nil, eventra.Errorf(eventra.CodeUnauthenticated, "the API key has expired or was revoked")
	}
	return caller, nil
}

// lookUpKey asks the store for a key. Those of one address that were not known are few.
func (s *Server) lookUpKey(c *fiber.Ctx, token string, known *auth.Caller, now time.Time) (caller *auth.Caller, err error) {
	allow := func() error {
		if s.cfg.RateCounters.Take(rateKeyLookUps, s.addressOf(c), time.Second, now, 1) > keyLookUpsPerAddress {
			return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many unknown API keys from this address"}
		}
		return nil
	}
	err = s.ask(c, func() error {
		caller, err = s.apiKeys.LookUp(c.UserContext(), token, known, allow)
		return err
	})
	return caller, err
}
