package http

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

const (
	headerIdempotencyKey      = "Idempotency-Key"
	headerIdempotencyReplayed = "Idempotency-Replayed"
	idempotencyKeyMaxBytes    = 255

	// idempotencyMargin is what a claim outlives its request's deadline by:
	// only then may somebody else take the request up.
	idempotencyMargin = 10 * time.Second
	// settleTimeout bounds storing an outcome, even if the request's own time is up.
	settleTimeout = 2 * time.Second
)

const claimLocal = "idempotencyClaim"

func claimOf(c *fiber.Ctx) *eventra.IdempotencyClaim {
	claim, _ := c.Locals(claimLocal).(*eventra.IdempotencyClaim)
	return claim
}

// resourceID is the id of what the request makes: the same on every try of a
// request with an idempotency key.
func resourceID(c *fiber.Ctx) eventra.ID {
	if claim := claimOf(c); claim != nil {
		return claim.ResourceID
	}
	return newID()
}

// triedBefore reports whether an earlier try of the request, of which nobody
// was told the outcome, may have made the resource.
func triedBefore(c *fiber.Ctx) bool {
	claim := claimOf(c)
	return claim != nil && claim.Again
}

// once carries a request with an Idempotency-Key out once and answers its
// repetitions with the first outcome.
func (s *Server) once(c *fiber.Ctx) error { return s.onceOr(c, nil) }

// onceAnew is once for successes that hold secrets: these are not stored, and
// again makes them anew.
func (s *Server) onceAnew(again fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error { return s.onceOr(c, again) }
}

func (s *Server) onceOr(c *fiber.Ctx, again fiber.Handler) error {
	key, given, err := idempotencyKey(c)
	if !given || err != nil {
		if err == nil {
			err = c.Next()
		}
		return err
	}
	leaveGate(c.Context())
	ctx := c.UserContext()
	deadline, _ := ctx.Deadline()
	claim, err := s.cfg.IdempotencyKeys.Begin(ctx, key, s.requestHash(c), newID(), time.Until(deadline)+idempotencyMargin)
	if err != nil {
		return err
	}
	c.Locals(claimLocal, claim)
	if claim.Stored != nil {
		c.Set(headerIdempotencyReplayed, "true")
		if again != nil && claim.Stored.Status < 300 {
			return again(c)
		}
		return replay(c, claim.Stored)
	}
	settled := false
	defer func() {
		if !settled { // a panic
			s.settle(key, nil)
		}
	}()
	err = c.Next()
	if err != nil {
		s.writeProblem(c, err)
	}
	settled = true
	s.settle(key, outcomeToStore(c, err, again != nil))
	return nil
}

// idempotencyKey reads the request's key.
func idempotencyKey(c *fiber.Ctx) (key eventra.IdempotencyKey, given bool, err error) {
	values := c.Request().Header.PeekAll(headerIdempotencyKey)
	if len(values) == 0 {
		return key, false, nil
	}
	key = eventra.IdempotencyKey{Route: methodOf(c) + " " + pathOf(c), Key: string(values[0])}
	if len(values) > 1 || !visibleASCII(key.Key, idempotencyKeyMaxBytes) {
		var faults eventra.Faults
		faults.Add(headerIdempotencyKey, "invalid_key", "must be one header of 1 to %d visible ASCII characters", idempotencyKeyMaxBytes)
		return key, true, faults.Err()
	}
	if who := callerOf(c); who != nil {
		key.UserID = who.UserID
	}
	return key, true, nil
}

// requestHash tells a repetition from another request. It is keyed, for a
// body may hold a password.
func (s *Server) requestHash(c *fiber.Ctx) (hash [sha256.Size]byte) {
	mac := hmac.New(sha256.New, s.hashKey)
	for _, part := range [][]byte{[]byte(methodOf(c)), []byte(pathOf(c)), c.Request().Body()} {
		mac.Write(part)
		mac.Write([]byte{0})
	}
	mac.Sum(hash[:0])
	return hash
}

// outcomeToStore returns the answer if it is final, and nil if the same
// request may fare better another time.
func outcomeToStore(c *fiber.Ctx, err error, secret bool) *eventra.StoredResponse {
	response := c.Response()
	status := response.StatusCode()
	if err != nil && !final(problemOf(err)) {
		return nil
	}
	stored := &eventra.StoredResponse{Status: status}
	if secret && status < 300 {
		return stored
	}
	stored.ContentType = string(response.Header.ContentType())
	stored.Location = string(response.Header.Peek(fiber.HeaderLocation))
	stored.Body = append([]byte(nil), response.Body()...)
	return stored
}

// final reports whether a refusal is the last word on its request.
func final(e *eventra.Error) bool {
	if e.Payment != nil {
		return true // an attempt that has ended cannot be tried again under its id
	}
	kind := problems[e.Code]
	switch kind.status {
	case fiber.StatusUnauthorized, fiber.StatusForbidden, fiber.StatusRequestTimeout:
		return false
	}
	return kind.status >= 400 && kind.status < 500 && kind.retryAfter == 0
}

// settle ends a claim. If that fails the claim runs out by itself, and the next
// try finds what this one did by its resource's id.
func (s *Server) settle(key eventra.IdempotencyKey, outcome *eventra.StoredResponse) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	var err error
	if outcome != nil {
		err = s.cfg.IdempotencyKeys.Finish(ctx, key, *outcome)
	} else {
		err = s.cfg.IdempotencyKeys.Release(ctx, key)
	}
	if err != nil {
		s.cfg.Log.Warn("idempotency key not settled", "route", key.Route, "error", err)
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
