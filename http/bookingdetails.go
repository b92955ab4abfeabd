package http

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// BookedEvent is the event of a booking.
type BookedEvent struct {
	Title    string `json:"title" example:"Symphony No. 9" validate:"required"`
	StartsAt Time   `json:"startsAt" swaggertype:"string" format:"date-time" example:"2027-06-01T19:30:00.000Z" validate:"required"`
	EndsAt   Time   `json:"endsAt" swaggertype:"string" format:"date-time" example:"2027-06-01T22:00:00.000Z" validate:"required"`
	Venue    Venue  `json:"venue" validate:"required"`
}

func newCustomer(c *eventra.Customer) Customer {
	return Customer{ID: c.ID, Kind: string(c.Kind), ExternalID: c.ExternalID, Email: c.Email, Name: c.Name}
}

// withDetails adds what is known about bookings besides what their sale needs. That of an
// event is missing while its details cannot be read.
func (s *Server) withDetails(c *fiber.Ctx, shown []Booking, details []eventra.BookingDetails) {
	events := map[eventra.ID]*BookedEvent{}
	for i := range shown {
		b, d := &shown[i], &details[i]
		event, known := events[b.EventID]
		if !known {
			if found, err := s.cfg.Catalog.Event(c.UserContext(), b.EventID); err == nil {
				event = &BookedEvent{found.Title, Time(found.StartsAt), Time(found.EndsAt), Venue(found.Venue)}
			}
			events[b.EventID] = event
		}
		b.Event, b.Metadata = event, d.Metadata
		b.ConfirmedAt, b.EndedAt = timeOrNone(d.ConfirmedAt), timeOrNone(d.EndedAt)
		if !d.Customer.ID.IsZero() {
			customer := newCustomer(&d.Customer)
			b.Customer = &customer
		}
	}
}

// replyWithDetails answers with a booking as it is stored.
func (s *Server) replyWithDetails(c *fiber.Ctx, b *eventra.Booking) error {
	details, err := s.cfg.Bookings.BookingDetails(c.UserContext(), b.ID)
	if err != nil {
		return err
	}
	shown := []Booking{newBooking(b)}
	s.withDetails(c, shown, []eventra.BookingDetails{details})
	return reply(c, fiber.StatusOK, &shown[0])
}

// detailed shows a page of bookings with their details, which a function reads.
func (s *Server) detailed(c *fiber.Ctx, bookings []*eventra.Booking, read func(context.Context, []eventra.ID) ([]eventra.BookingDetails, error)) ([]Booking, error) {
	shown, ids := make([]Booking, len(bookings)), make([]eventra.ID, len(bookings))
	for i, b := range bookings {
		shown[i], ids[i] = newBooking(b), b.ID
	}
	details, err := read(c.UserContext(), ids)
	if err == nil {
		s.withDetails(c, shown, details)
	}
	return shown, err
}

// BookingPatch changes what is noted about a booking.
type BookingPatch struct {
	Metadata map[string]string `json:"metadata" validate:"required"` // in place of that before: up to 20 members, names of 40 and values of 500 characters
}

// @ID updateBooking
// @Summary Change a booking's metadata
// @Description Replaces the metadata, which mean something to the shop alone. An empty object removes them.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param body body BookingPatch true "Metadata"
// @Success 200 {object} Booking "The booking"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs bookings:write"
// @Failure 404 {object} Problem "not_found, also for a booking of an event that the API key is not for"
// @Failure 422 {object} Problem "validation_failed"
// @x-examples {"an order": {"metadata": {"order": "4711"}}, "none": {"metadata": {}}}
// @Router /api/v1/bookings/{bookingId} [patch]
func (s *Server) updateBooking(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	var r BookingPatch
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	if r.Metadata == nil {
		faults.Add("metadata", "required", "is required")
	}
	eventra.Metadata(r.Metadata).Validate(&faults, "metadata")
	if err := faults.Err(); err != nil {
		return err
	}
	booking, err := s.coveredBooking(c, id)
	if err == nil {
		err = s.cfg.Bookings.PutMetadata(c.UserContext(), booking, r.Metadata)
	}
	if err != nil {
		return err
	}
	return s.replyWithDetails(c, booking)
}
