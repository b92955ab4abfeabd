package http

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const (
	headerIdempotencyKey      = "Idempotency-Key"
	headerIdempotencyReplayed = "Idempotency-Replayed"
	idempotencyKeyMaxBytes    = 255

	// idempotencyMargin is how long a claim outlives its request's deadline. Only
	// after it may another request take the claim over.
	idempotencyMargin = 10 * time.Second
	// claimEndTimeout bounds ending a claim, which also happens after the request's
	// deadline.
	claimEndTimeout = 2 * time.Second
)

const claimLocal = "idempotencyClaim"

func claimOf(c *fiber.Ctx) *eventra.IdempotencyClaim {
	claim, _ := c.Locals(claimLocal).(*eventra.IdempotencyClaim)
	return claim
}

// resourceID returns the id of the resource that the request makes: the same at each
// attempt of a request with an idempotency key.
func resourceID(c *fiber.Ctx) eventra.ID {
	if claim := claimOf(c); claim != nil {
		return claim.ResourceID
	}
	return newID()
}

// triedBefore reports whether an earlier attempt, whose outcome no client received, may
// have made the resource.
func triedBefore(c *fiber.Ctx) bool {
	claim := claimOf(c)
	return claim != nil && claim.Again
}

// idempotent carries a request with an Idempotency-Key out once and answers its
// repetitions with the first outcome.
func (s *Server) idempotent(c *fiber.Ctx) error { return s.carryOutOnce(c, nil) }

// idempotentRenewing is idempotent for successes that hold secrets. These are not
// stored: renew answers a repetition with new ones.
func (s *Server) idempotentRenewing(renew fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error { return s.carryOutOnce(c, renew) }
}

func (s *Server) carryOutOnce(c *fiber.Ctx, renew fiber.Handler) error {
	key, given, err := idempotencyKey(c)
	switch {
	case err != nil:
		return err
	case !given:
		return c.Next()
	}
	admission.ReleaseSlot(c.Context().Conn())
	ctx := c.UserContext()
	deadline, _ := ctx.Deadline()
	claim, err := s.cfg.IdempotencyKeys.Begin(ctx, key, s.requestHash(c), newID(), time.Until(deadline)+idempotencyMargin)
	if err != nil {
		return err
	}
	c.Locals(claimLocal, claim)
	if claim.Stored != nil {
		c.Set(headerIdempotencyReplayed, "true")
		if renew != nil && claim.Stored.Status < 300 {
			return renew(c)
		}
		return replay(c, claim.Stored)
	}
	ended := false
	defer func() {
		if !ended { // a panic
			s.endClaim(key, nil)
		}
	}()
	err = c.Next()
	if err != nil {
		s.writeProblem(c, err)
	}
	ended = true
	s.endClaim(key, outcomeToStore(c, err, renew != nil))
	return nil
}

// idempotencyKey reads the request's key. A path that names nothing has none: what its
// handler refuses needs no claim.
func idempotencyKey(c *fiber.Ctx) (key eventra.IdempotencyKey, given bool, err error) {
	values := c.Request().Header.PeekAll(headerIdempotencyKey)
	if len(values) == 0 {
		return key, false, nil
	}
	key.Key = string(values[0])
	if len(values) > 1 || !visibleASCII(key.Key, idempotencyKeyMaxBytes) {
		var faults eventra.Faults
		faults.Add(headerIdempotencyKey, "invalid_key", "must be one header of 1 to %d visible ASCII characters", idempotencyKeyMaxBytes)
		return key, true, faults.Err()
	}
	if caller := callerOf(c); caller != nil {
		key.UserID = caller.UserID
	}
	key.Route, given = canonicalRoute(c)
	return key, given, nil
}

// canonicalRoute returns the method and the path of a request as this API writes them, so
// that no client chooses what is stored. It reports false if an id in the path is none.
func canonicalRoute(c *fiber.Ctx) (route string, ok bool) {
	matched := c.Route()
	path := matched.Path
	for _, name := range matched.Params {
		id, err := eventra.ParseID(c.Params(name))
		if err != nil {
			return "", false
		}
		path = strings.Replace(path, ":"+name, id.String(), 1)
	}
	return methodOf(c) + " " + path, true
}

// requestHash distinguishes a repetition from another request. It is keyed, because a
// body may contain a password.
func (s *Server) requestHash(c *fiber.Ctx) (hash [sha256.Size]byte) {
	mac := hmac.New(sha256.New, s.hashKey)
	route, _ := canonicalRoute(c)
	method, path, _ := strings.Cut(route, " ")
	for _, part := range [][]byte{[]byte(method), []byte(path), c.Request().Body()} {
		mac.Write(part)
		mac.Write([]byte{0})
	}
	mac.Sum(hash[:0])
	return hash
}

// outcomeToStore returns the response if it is final, or nil if the same request may
// succeed later. A success that holds secrets is stored without them.
func outcomeToStore(c *fiber.Ctx, err error, holdsSecrets bool) *eventra.StoredResponse {
	response := c.Response()
	status := response.StatusCode()
	if err != nil && !final(problemOf(err)) {
		return nil
	}
	stored := &eventra.StoredResponse{Status: status}
	if holdsSecrets && status < 300 {
		return stored
	}
	stored.ContentType = string(response.Header.ContentType())
	stored.Location = string(response.Header.Peek(fiber.HeaderLocation))
	stored.Body = append([]byte(nil), response.Body()...)
	return stored
}

// final reports whether repeating the request would get the same refusal.
func final(e *eventra.Error) bool {
	if e.Payment != nil {
		return true // a payment attempt that has ended cannot be tried again under its id
	}
	kind := problems[e.Code]
	switch kind.status {
	case fiber.StatusUnauthorized, fiber.StatusForbidden, fiber.StatusRequestTimeout:
		return false
	}
	return kind.status >= 400 && kind.status < 500 && kind.retryAfter == 0
}

// endClaim finishes a claim with its outcome, or releases it without one. If that fails
// the claim expires by itself, and the next attempt finds by the resource's id what this
// one made.
func (s *Server) endClaim(key eventra.IdempotencyKey, outcome *eventra.StoredResponse) {
	ctx, cancel := context.WithTimeout(context.Background(), claimEndTimeout)
	defer cancel()
	var err error
	if outcome != nil {
		err = s.cfg.IdempotencyKeys.Finish(ctx, key, *outcome)
	} else {
		err = s.cfg.IdempotencyKeys.Release(ctx, key)
	}
	if err != nil {
		s.cfg.Log.Warn("idempotency claim not ended", "route", key.Route, "error", err)
	}
}

func replay(c *fiber.Ctx, stored *eventra.StoredResponse) error {
	if stored.Location != "" {
		c.Set(fiber.HeaderLocation, stored.Location)
	}
	if stored.Status >= 500 {
		c.Set(fiber.HeaderRetryAfter, "1")
	}
	c.Set(fiber.HeaderContentType, stored.ContentType)
	return c.Status(stored.Status).Send(stored.Body)
}
