package http

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// SeatUse is a booking that has or had a seat, or the block that keeps it off sale.
type SeatUse struct {
	From    Time          `json:"from" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	Until   *Time         `json:"until,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:10:00.000Z"` // missing while it lasts
	Booking *SeatsBooking `json:"booking,omitzero"`
	Block   *SeatsBlock   `json:"block,omitzero"`
}

// SeatsBooking is a booking that has or had a seat.
type SeatsBooking struct {
	ID       eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Status   string     `json:"status" enums:"HELD,CONFIRMED,EXPIRED,CANCELLED,REFUNDED" example:"EXPIRED" validate:"required"` // its present one
	Customer Customer   `json:"customer" validate:"required"`
}

// SeatsBlock is the block that keeps a seat off sale.
type SeatsBlock struct {
	ID     eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Reason string     `json:"reason" example:"press" validate:"required"`
	By     eventra.ID `json:"by" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03" validate:"required"` // whoever blocked it
}

// SeatUsePage is one page of a seat's history.
type SeatUsePage struct {
	Items      []SeatUse `json:"items" validate:"required"`
	NextCursor *string   `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

// @ID getSeatHistory
// @Summary Show who had a seat
// @Description Each booking that has or had the seat, newest first, from the hold until it ended or gave the seat up; and the block that keeps it off sale, but no earlier ones. With `at`, only those who had it at that time. Holds that ended unpaid disappear some weeks after their end.
// @Tags back office
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param seat path string true "Seat, such as A-3-12"
// @Param at query string false "Time" format(date-time)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} SeatUsePage "A page of the history"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs reports:read"
// @Failure 404 {object} Problem "event_not_found; not_found: the event has no such seat"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/events/{eventId}/seats/{seat}/history [get]
func (s *Server) getSeatHistory(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Params("seat"))
	name = eventra.CanonicalName(name)
	seat, ok := eventra.ParseSeatName(name)
	if err != nil || !ok {
		return eventra.Errorf(eventra.CodeNotFound, "no such seat")
	}
	q := query{c: c}
	at := q.time("at")
	scope := []string{"seat history", id.String(), name, at.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	uses, next, err := s.cfg.BackOffice.SeatHistory(c.UserContext(), id, seat, at, page)
	if err != nil {
		return err
	}
	list := SeatUsePage{NextCursor: s.cursors.seal(next, scope...)}
	if list.Items, err = s.newSeatUses(c, uses); err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &list)
}

func (s *Server) newSeatUses(c *fiber.Ctx, uses []eventra.SeatUse) ([]SeatUse, error) {
	var ids []eventra.ID
	for i := range uses {
		if uses[i].Block == nil {
			ids = append(ids, uses[i].UserID)
		}
	}
	customers, err := s.customers(c, ids)
	if err != nil {
		return nil, err
	}
	shown := make([]SeatUse, len(uses))
	for i := range uses {
		u := &uses[i]
		shown[i] = SeatUse{From: Time(u.From), Until: timeOrNone(u.Until)}
		if u.Block != nil {
			shown[i].Block = &SeatsBlock{ID: u.ID, Reason: *u.Block, By: u.UserID}
			continue
		}
		shown[i].Booking = &SeatsBooking{ID: u.ID, Status: string(u.Status), Customer: customers(u.UserID)}
	}
	return shown, nil
}
