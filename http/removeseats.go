package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// SeatsRemoval names the seats to remove.
type SeatsRemoval struct {
	Seats []string `json:"seats" example:"A-1-1,A-1-2" validate:"required"` // none twice
}

// SeatsRemoved is the result of removing seats.
type SeatsRemoved struct {
	Removed    int `json:"removed" example:"2" validate:"required"`
	SeatsTotal int `json:"seatsTotal" example:"238" validate:"required"`
}

// @ID removeSeats
// @Summary Remove seats
// @Description Removes all of the seats or none. A seat that a booking has or had is never removed; block it. Numbers of removed seats count against the event's limit of 100,000, and their names may be used again.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body SeatsRemoval true "Seats"
// @Success 200 {object} SeatsRemoved "The numbers of seats"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "seats_unavailable, with up to 100 of those that a booking has or had in unavailable; event_locked: the event is cancelled; idempotency_in_progress"
// @Failure 422 {object} Problem "unknown_seats, with up to 100 in unknown; validation_failed; idempotency_key_reused"
// @Router /api/v1/events/{eventId}/seats/remove [post]
func (s *Server) removeSeats(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var removal SeatsRemoval
	if err := decodeBody(c, &removal, seatPlanLists); err != nil {
		return err
	}
	var faults eventra.Faults
	seats := seatNames(removal.Seats, &faults)
	eventra.ValidateSeatNames(&faults, seats)
	if err := faults.Err(); err != nil {
		return err
	}
	total, err := s.cfg.Catalog.RemoveSeats(c.UserContext(), id, resourceID(c), seats)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &SeatsRemoved{Removed: len(seats), SeatsTotal: total})
}
