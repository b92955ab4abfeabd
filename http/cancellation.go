package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// CancelRequest says why an event is cancelled.
type CancelRequest struct {
	Reason string `json:"reason,omitzero" maxLength:"1000" example:"The soloist is ill."` // for the mails to the buyers
}

// Cancellation is how far the refunds of a cancelled event are.
type Cancellation struct {
	StartedAt  Time  `json:"startedAt" swaggertype:"string" format:"date-time" example:"2027-03-01T10:00:00.000Z" validate:"required"`
	FinishedAt *Time `json:"finishedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-03-01T10:02:00.000Z"` // when all bookings had been refunded or had failed
	Bookings   int   `json:"bookings" example:"240" validate:"required"`                                                     // that were confirmed when the event was cancelled
	Refunded   int   `json:"refunded" example:"239" validate:"required"`                                                     // whose money has gone back
	Failed     int   `json:"failed" example:"1" validate:"required"`                                                         // whose money the payment gateway has refused to return so far
	Mailed     int   `json:"mailed" example:"240" validate:"required"`                                                       // whose buyers were told
}

// @ID cancelEvent
// @Summary Cancel an event
// @Description Ends a draft or a published event, and its sale, for good. Holds end at once. Buyers are refunded in the background and told by mail, with the reason: see the event's cancellation for how far that is. A payment that is running is refunded when it ends. The body may be left out.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body CancelRequest false "Why"
// @Success 200 {object} Event "The event after the change"
// @Header 200 {string} ETag "Strong entity tag; not on a replayed response"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "invalid_transition; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @x-examples {"with a reason": {"reason": "The soloist is ill."}}
// @Router /api/v1/events/{eventId}/cancel [post]
func (s *Server) cancelEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var why CancelRequest
	if len(c.Request().Body()) > 0 {
		if err := decodeBody(c, &why); err != nil {
			return err
		}
	}
	cancel := s.cfg.Catalog.Cancel
	if triedBefore(c) {
		cancel = s.cfg.Catalog.CancelAgain
	}
	event, err := cancel(c.UserContext(), id, why.Reason)
	if err != nil {
		return err
	}
	return replyEvent(c, fiber.StatusOK, event)
}

// @ID getCancellation
// @Summary Show the refunds of a cancelled event
// @Description How far they are. The counts are up to some seconds old. A refund that the payment gateway has refused several times counts as failed; it is tried again, and counts as refunded as soon as it succeeds. Mails may follow after finishedAt.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Success 200 {object} Cancellation "The refunds"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "not_found: the event is not cancelled, or was cancelled by a release that refunded nobody; event_not_found"
// @Router /api/v1/events/{eventId}/cancellation [get]
func (s *Server) getCancellation(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	found, err := s.cfg.Cancellations.Cancellation(c.UserContext(), id)
	if eventra.CodeOf(err) == eventra.CodeNotFound {
		if _, eventErr := s.cfg.Catalog.Event(c.UserContext(), id); eventErr != nil {
			return eventErr
		}
	}
	if err != nil {
		return err
	}
	shown := Cancellation{StartedAt: Time(found.StartedAt), Bookings: found.Bookings, Refunded: found.Refunded, Failed: found.Failed, Mailed: found.Mailed}
	if !found.FinishedAt.IsZero() {
		shown.FinishedAt = (*Time)(&found.FinishedAt)
	}
	return reply(c, fiber.StatusOK, &shown)
}
