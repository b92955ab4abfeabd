package http

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// unclaimedAttempt returns the attempt of a hold whose key is written with the booking.
func unclaimedAttempt(c *fiber.Ctx) *eventra.IdempotencyAttempt {
	attempt, _ := c.Locals(attemptLocal).(*eventra.IdempotencyAttempt)
	return attempt
}

// holdOnce is idempotent for holds. The transaction that makes a booking writes its key, so
// a hold that succeeds costs no round trip of its own; there is no claim before it. A
// refused one stores its outcome as other requests do, and a key that was used before is
// asked for like theirs.
func (s *Server) holdOnce(c *fiber.Ctx) error {
	if err := s.requireVerified(c); err != nil {
		return err
	}
	r := repeatable{subject: callerID}
	attempt, quota, err := s.attemptOf(c, &r)
	switch {
	case err != nil:
		return err
	case attempt == nil:
		return s.createBooking(c)
	}
	known, err := s.holdKeys.begin(attempt)
	if err != nil {
		return err
	}
	used := false
	defer func() { s.holdKeys.end(attempt.Key, used) }()
	// Members of the release before take a hold's key for one of its customer's, so that of an API
	// key is claimed.
	if known || attempt.OnlyKnown || callerOf(c).Key != nil {
		used = true
		return s.carryOutClaimed(c, &r, attempt, quota, s.createBooking)
	}
	err = s.holdWithKey(c, attempt)
	if err == nil {
		used = true
		quota.used()
		return nil
	}
	if !errors.Is(err, eventra.ErrClaimKeyFirst) && !final(problemOf(err)) {
		return err // nothing is known to be made; the next attempt finds out
	}
	used = true
	return s.carryOutClaimed(c, &r, attempt, quota, s.afterRefusal(err))
}

// holdWithKey makes the hold with its key.
func (s *Server) holdWithKey(c *fiber.Ctx, attempt *eventra.IdempotencyAttempt) error {
	c.Locals(attemptLocal, attempt)
	defer c.Locals(attemptLocal, nil)
	return s.createBooking(c)
}

// afterRefusal carries a hold out whose key has been claimed since it was refused. If the
// key was new, the refusal is its outcome.
func (s *Server) afterRefusal(refusal error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if triedBefore(c) || errors.Is(refusal, eventra.ErrClaimKeyFirst) {
			return s.createBooking(c)
		}
		return refusal
	}
}

// replayHold answers with a hold as it was made, whatever became of it since. Bookings are
// kept longer than keys.
func (s *Server) replayHold(c *fiber.Ctx, id eventra.ID) error {
	booking, err := s.cfg.Bookings.Booking(c.UserContext(), id)
	if err != nil {
		return err
	}
	c.Set(headerIdempotencyReplayed, "true")
	return replyHeld(c, booking.AsHeld(), nil)
}
