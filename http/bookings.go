package http

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Booking is a group of seats that the caller holds, has bought, or had.
type Booking struct {
	ID         eventra.ID    `json:"id"`
	EventID    eventra.ID    `json:"eventId"`
	Status     string        `json:"status"`
	Seats      []BookedSeat  `json:"seats"`
	Total      eventra.Money `json:"total"`
	ExpiresAt  Time          `json:"expiresAt"`
	CreatedAt  Time          `json:"createdAt"`
	ReplacedBy *eventra.ID   `json:"replacedBy,omitzero"` // the booking that a late payment bought instead
}

// BookedSeat is a seat of a booking.
type BookedSeat struct {
	Seat    string        `json:"seat"`
	Section string        `json:"section"`
	Row     string        `json:"row"`
	Number  int           `json:"number"`
	Price   eventra.Money `json:"price"`
}

// BookingPage is a part of the list of bookings.
type BookingPage struct {
	Items      []Booking `json:"items"`
	NextCursor *string   `json:"nextCursor"`
}

func newBooking(b *eventra.Booking) Booking {
	out := Booking{ID: b.ID, EventID: b.EventID, Status: string(b.Status), Seats: make([]BookedSeat, len(b.Seats)),
		Total: b.Total, ExpiresAt: Time(b.ExpiresAt), CreatedAt: Time(b.CreatedAt)}
	for i, seat := range b.Seats {
		out.Seats[i] = BookedSeat{Seat: seat.Name(), Section: seat.Section, Row: seat.Row, Number: seat.Number, Price: seat.Price}
	}
	if !b.ReplacedBy.IsZero() {
		out.ReplacedBy = &b.ReplacedBy
	}
	return out
}

// BookingRequest asks for seats: either those named, or the best to be had.
type BookingRequest struct {
	EventID       string         `json:"eventId"`
	Seats         []string       `json:"seats"`
	BestAvailable *BestAvailable `json:"bestAvailable"`
}

// BestAvailable asks for seats side by side.
type BestAvailable struct {
	Quantity int    `json:"quantity"`
	Section  string `json:"section"` // empty: any
}

// seatNameMaxBytes holds two labels of the longest letters and a number.
const seatNameMaxBytes = 2*4*eventra.SeatLabelMaxRunes + 16

// command checks all that can be checked without the event.
func (r *BookingRequest) command(f *eventra.Faults) *eventra.HoldSeats {
	if r.EventID == "" {
		f.Add("eventId", "required", "is required")
	}
	if (len(r.Seats) > 0) == (r.BestAvailable != nil) {
		f.Add("seats", "one_of", "give either seats or bestAvailable")
		return nil
	}
	if best := r.BestAvailable; best != nil {
		if best.Quantity < 1 || best.Quantity > eventra.MaxSeatsPerBookingMax {
			f.Add("bestAvailable.quantity", "range", "must be from 1 to %d", eventra.MaxSeatsPerBookingMax)
		}
		if len(best.Section) > seatNameMaxBytes {
			f.Add("bestAvailable.section", "unknown", "must be a section of the event")
		}
		return &eventra.HoldSeats{Best: &eventra.BestAvailable{Quantity: best.Quantity, Section: best.Section}}
	}
	if len(r.Seats) > eventra.MaxSeatsPerBookingMax {
		f.Add("seats", "too_many", "must have at most %d entries", eventra.MaxSeatsPerBookingMax)
		return nil
	}
	for i, seat := range r.Seats {
		if seat == "" || len(seat) > seatNameMaxBytes {
			f.Add("seats["+strconv.Itoa(i)+"]", "invalid_seat", "must be a seat's name such as A-3-12")
		}
		for _, other := range r.Seats[:i] {
			if other == seat {
				f.Add("seats["+strconv.Itoa(i)+"]", "duplicate", "is given more than once")
				break
			}
		}
	}
	return &eventra.HoldSeats{Seats: r.Seats}
}

func (s *Server) createBooking(c *fiber.Ctx) error {
	var r BookingRequest
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	hold := r.command(&faults)
	if err := faults.Err(); err != nil {
		return err
	}
	eventID, err := eventra.ParseID(r.EventID)
	if err != nil {
		return eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	hold.BookingID, hold.UserID = resourceID(c), callerOf(c).UserID
	booking, err := s.cfg.BoxOffice.Hold(c.UserContext(), eventID, hold)
	if err != nil {
		return err
	}
	c.Location("/api/v1/bookings/" + booking.ID.String())
	return reply(c, fiber.StatusCreated, newBooking(booking))
}

func (s *Server) listBookings(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.BookingFilter{Status: eventra.BookingStatus(q.text("status"))}
	if filter.Status != "" && !filter.Status.Valid() {
		q.faults.Add("status", "unknown", "must be HELD, CONFIRMED, EXPIRED, CANCELLED or REFUNDED")
	}
	if event := q.text("eventId"); event != "" {
		var err error
		if filter.EventID, err = eventra.ParseID(event); err != nil {
			q.faults.Add("eventId", "invalid_id", "must be the id of an event")
		}
	}
	who := callerOf(c)
	scope := []string{"bookings", who.UserID.String(), string(filter.Status), filter.EventID.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	bookings, next, err := s.cfg.Bookings.UserBookings(c.UserContext(), who.UserID, filter, page)
	if err != nil {
		return err
	}
	list := BookingPage{Items: make([]Booking, len(bookings)), NextCursor: s.cursors.seal(next, scope...)}
	for i, booking := range bookings {
		list.Items[i] = newBooking(booking)
	}
	return reply(c, fiber.StatusOK, &list)
}

// ownBooking reads the booking in the path. Somebody else's does not exist,
// whoever asks.
func (s *Server) ownBooking(c *fiber.Ctx) (*eventra.Booking, error) {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return nil, err
	}
	booking, err := s.cfg.Bookings.Booking(c.UserContext(), id)
	if err == nil && booking.UserID != callerOf(c).UserID {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}

func (s *Server) getBooking(c *fiber.Ctx) error {
	booking, err := s.ownBooking(c)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, newBooking(booking))
}

func (s *Server) releaseBooking(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	booking, err := s.cfg.BoxOffice.Release(c.UserContext(), callerOf(c).UserID, id)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, newBooking(booking))
}

func (s *Server) refundBooking(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	booking, err := s.cfg.BoxOffice.Refund(c.UserContext(), id)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, newBooking(booking))
}
