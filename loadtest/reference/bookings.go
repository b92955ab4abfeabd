package main

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

// seatsMax bounds the seats of a booking.
const seatsMax = 10

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type bookedSeat struct {
	Seat    string `json:"seat"`
	Section string `json:"section"`
	Row     string `json:"row"`
	Number  int    `json:"number"`
	Price   money  `json:"price"`
}

type booking struct {
	ID        uuid.UUID    `json:"id"`
	EventID   uuid.UUID    `json:"eventId"`
	Status    string       `json:"status"`
	Seats     []bookedSeat `json:"seats"`
	Total     money        `json:"total"`
	ExpiresAt time.Time    `json:"expiresAt"`
	CreatedAt time.Time    `json:"createdAt"`

	userID uuid.UUID
	hold   time.Duration
}

type bookingRequest struct {
	EventID string   `json:"eventId"`
	Seats   []string `json:"seats"`
}

func (r *bookingRequest) validate() (event uuid.UUID, err error) {
	if event, err = uuid.Parse(r.EventID); err != nil {
		return event, &problem{Status: 404, Code: "event_not_found"}
	}
	seen := make(map[string]bool, len(r.Seats))
	for _, seat := range r.Seats {
		if seat == "" || len(seat) > 100 || seen[seat] {
			return event, &problem{Status: 422, Code: "validation_failed", Detail: "seats"}
		}
		seen[seat] = true
	}
	if len(seen) == 0 || len(seen) > seatsMax {
		return event, &problem{Status: 422, Code: "validation_failed", Detail: "seats"}
	}
	return event, nil
}

// createBooking holds all of the seats or none: locks, one transaction, the TTL key,
// and the unlock.
func (s *server) createBooking(c *fiber.Ctx) error {
	var r bookingRequest
	if err := c.BodyParser(&r); err != nil {
		return &problem{Status: 400, Code: "malformed_body"}
	}
	event, err := r.validate()
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	b := &booking{ID: id, EventID: event, Status: "HELD", userID: callerOf(c).userID}
	taken, err := s.locks.take(c.Context(), event, r.Seats, id)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return &problem{Status: 409, Code: "seats_unavailable", Unavailable: taken}
	}
	err = s.hold(c.Context(), b, r.Seats)
	if unlockErr := s.locks.release(c.Context(), b, r.Seats, err == nil); err == nil {
		err = unlockErr
	}
	if err != nil {
		return err
	}
	c.Location("/api/v1/bookings/" + b.ID.String())
	return c.Status(fiber.StatusCreated).JSON(b)
}

// releaseBooking cancels a hold.
func (s *server) releaseBooking(c *fiber.Ctx) error {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return &problem{Status: 404, Code: "not_found"}
	}
	b, err := s.release(c.Context(), id, callerOf(c).userID)
	if err != nil {
		return err
	}
	if err := s.locks.deleteHoldKey(c.Context(), b); err != nil {
		return err
	}
	return c.JSON(b)
}

type eventRequest struct {
	ID          uuid.UUID `json:"id"`
	HoldSeconds int       `json:"holdSeconds"`
	Section     string    `json:"section"`
	RowCount    int       `json:"rowCount"`
	SeatsPerRow int       `json:"seatsPerRow"`
	Price       money     `json:"price"`
}

// createEvent creates an event with one section of seats, which is on sale at once.
func (s *server) createEvent(c *fiber.Ctx) error {
	if callerOf(c).role != "ADMIN" {
		return &problem{Status: 403, Code: "forbidden"}
	}
	var r eventRequest
	if err := c.BodyParser(&r); err != nil {
		return &problem{Status: 400, Code: "malformed_body"}
	}
	if err := s.addEvent(c.Context(), &r); err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{"id": r.ID})
}
