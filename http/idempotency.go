package http

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const (
	headerIdempotencyReplayed = "Idempotency-Replayed"

	// idempotencyMargin is how long a claim outlives its request's deadline. Only
	// after it may another request take the claim over.
	idempotencyMargin = 10 * time.Second
)

const (
	claimLocal   = "idempotencyClaim"
	attemptLocal = "idempotencyAttempt"
)

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
	if attempt := unclaimedAttempt(c); attempt != nil {
		return attempt.ResourceID
	}
	return newID()
}

// triedBefore reports whether an earlier attempt, whose outcome no client received, may
// have made the resource.
func triedBefore(c *fiber.Ctx) bool {
	claim := claimOf(c)
	return claim != nil && claim.Again
}

// repeatable is how a route answers the repetitions of a request with an Idempotency-Key.
type repeatable struct {
	subject func(*fiber.Ctx) (eventra.ID, bool) // whose keys they are
	// Of a route whose successes hold secrets. These are not stored: renew answers a
	// repetition with new ones. Its refusals are decided anew.
	renew fiber.Handler
	// secret is the member of the body that renew verifies. It is not among what requests
	// are compared by.
	secret string
}

// idempotent carries a request with an Idempotency-Key out once and answers its
// repetitions with the first outcome.
func (s *Server) idempotent(c *fiber.Ctx) error {
	return s.carryOutOnce(c, repeatable{subject: callerID})
}

// idempotentRegistration is idempotent for registrations.
func (s *Server) idempotentRegistration(c *fiber.Ctx) error {
	return s.carryOutOnce(c, repeatable{subject: emailID, renew: s.registerAgain, secret: "password"})
}

func (s *Server) carryOutOnce(c *fiber.Ctx, r repeatable) error {
	attempt, quota, err := s.attemptOf(c, &r)
	switch {
	case err != nil:
		return err
	case attempt == nil:
		return c.Next()
	}
	return s.carryOutClaimed(c, &r, attempt, quota, (*fiber.Ctx).Next)
}

// attemptOf makes the attempt of a request. It is nil for a request without a key. The
// error is that of a key or a body that is none.
func (s *Server) attemptOf(c *fiber.Ctx, r *repeatable) (*eventra.IdempotencyAttempt, *keyQuota, error) {
	key, given, err := idempotencyKey(c)
	if err != nil || !given || !r.scope(c, &key) {
		return nil, nil, err
	}
	attempt, err := newAttempt(c, key, r.secret)
	if err != nil {
		return nil, nil, err
	}
	quota := s.keyQuota(c)
	attempt.OnlyKnown = quota.usedUp()
	return attempt, &quota, nil
}

// carryOutClaimed carries a request out by do after it has claimed its key, or replays
// its first outcome.
func (s *Server) carryOutClaimed(c *fiber.Ctx, r *repeatable, attempt *eventra.IdempotencyAttempt, quota *keyQuota, do fiber.Handler) error {
	attempt.EarlierHash = earlierHash(s.hashKey, attempt.Key.Route, c.Request().Body())
	admission.ReleaseSlot(c.Context().Conn())
	s.claimEnds.await(c.UserContext(), attempt.Key)
	claim, err := s.cfg.IdempotencyKeys.Begin(c.UserContext(), attempt)
	if attempt.OnlyKnown && eventra.CodeOf(err) == eventra.CodeNotFound {
		return quota.refuse()
	}
	if err != nil {
		if eventra.CodeOf(err) == eventra.CodeUnavailable && !errors.Is(err, eventra.ErrNotCommitted) {
			s.claimEnds.again(attempt, nil) // the key may be claimed all the same
		}
		return err
	}
	quota.claimed(claim)
	c.Locals(claimLocal, claim)
	if claim.Held {
		return s.replayHold(c, claim.ResourceID)
	}
	if claim.Stored != nil {
		c.Set(headerIdempotencyReplayed, "true")
		if r.renew != nil {
			return r.renew(c)
		}
		return replay(c, claim.Stored)
	}
	ended := false
	defer func() {
		if !ended { // a panic
			s.claimEnds.end(attempt, nil)
		}
	}()
	err = do(c)
	if err != nil {
		s.writeProblem(c, err)
	}
	ended = true
	outcome := outcomeToStore(c, err, r.renew != nil)
	quota.stored(outcome)
	s.claimEnds.end(attempt, outcome)
	return nil
}

// newAttempt makes the attempt of a request. The error is that of a body that is no JSON.
func newAttempt(c *fiber.Ctx, key eventra.IdempotencyKey, secret string) (*eventra.IdempotencyAttempt, error) {
	body := c.Request().Body()
	hash, err := requestHash(key.Route, body, secret)
	deadline, _ := c.UserContext().Deadline()
	return &eventra.IdempotencyAttempt{Key: key, ResourceID: newID(), RequestHash: hash,
		Lease: time.Until(deadline) + idempotencyMargin}, err
}

// outcomeToStore returns the response if it is final, or nil if the same request may
// succeed later. A success that holds secrets is stored without them.
func outcomeToStore(c *fiber.Ctx, err error, holdsSecrets bool) *eventra.StoredResponse {
	response := c.Response()
	status := response.StatusCode()
	if err != nil && (holdsSecrets || !final(problemOf(err))) {
		return nil
	}
	stored := &eventra.StoredResponse{Status: status}
	if holdsSecrets {
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
