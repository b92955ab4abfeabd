package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// RescheduleRequest says when and where a published event takes place now. Times are text, so
// that a bad one is reported together with all other faults.
type RescheduleRequest struct {
	StartsAt     string  `json:"startsAt" format:"date-time" example:"2030-06-01T19:30:00Z" validate:"required"`
	EndsAt       string  `json:"endsAt" format:"date-time" example:"2030-06-01T22:00:00Z" validate:"required"`
	Venue        *Venue  `json:"venue,omitzero"`                                                                                  // without it, the place stays
	SaleStartsAt *string `json:"saleStartsAt,omitzero" format:"date-time" example:"2027-01-01T09:00:00Z" extensions:"x-nullable"` // without it, as it is
	SaleEndsAt   *string `json:"saleEndsAt,omitzero" format:"date-time" example:"2030-06-01T19:00:00Z" extensions:"x-nullable"`   // without it, as it is
	Message      string  `json:"message,omitzero" maxLength:"1000" example:"We are sorry. The soloist is ill."`                   // for the mails
}

// @ID rescheduleEvent
// @Summary Move an event to another time or place
// @Description The only way to change when and where a published event takes place. Bookings and holds stay, and their owners are told by mail, in the background, each once: the time and place before and now, and the message.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body RescheduleRequest true "Time and place"
// @Success 200 {object} Event "The event after the change"
// @Header 200 {string} ETag "Strong entity tag; not on a replayed response"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "invalid_transition: the event is a draft; event_locked: it is cancelled; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @x-examples {"a month later": {"startsAt": "2030-06-01T19:30:00Z", "endsAt": "2030-06-01T22:00:00Z", "message": "We are sorry. The soloist is ill."}}
// @Router /api/v1/events/{eventId}/reschedule [post]
func (s *Server) rescheduleEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var request RescheduleRequest
	if err := decodeBody(c, &request); err != nil {
		return err
	}
	r := eventra.Rescheduling{ID: resourceID(c), At: time.Now(), Message: request.Message}
	event, err := s.cfg.Catalog.Reschedule(c.UserContext(), id, r, request.move)
	if err != nil {
		return err
	}
	return replyEvent(c, fiber.StatusOK, event)
}

// move sets when and where the event takes place.
func (r *RescheduleRequest) move(e *eventra.Event) error {
	var faults eventra.Faults
	e.StartsAt = parseTime(&faults, "startsAt", r.StartsAt)
	e.EndsAt = parseTime(&faults, "endsAt", r.EndsAt)
	if r.SaleStartsAt != nil {
		e.SaleStartsAt = parseOptionalTime(&faults, "saleStartsAt", r.SaleStartsAt)
	}
	if r.SaleEndsAt != nil {
		e.SaleEndsAt = parseOptionalTime(&faults, "saleEndsAt", r.SaleEndsAt)
	}
	if r.Venue != nil {
		e.Venue = eventra.Venue(*r.Venue).Trimmed()
	}
	return faults.Err()
}
