package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// Booking is a group of tickets that the caller holds, has bought, or once held.
type Booking struct {
	ID          eventra.ID        `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Reference   eventra.Reference `json:"reference,omitzero" swaggertype:"string" pattern:"^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$" example:"CMKM-6DMM"` // to say and to type; missing until a booking of the release before has got one
	EventID     eventra.ID        `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Status      string            `json:"status" enums:"HELD,CONFIRMED,EXPIRED,CANCELLED,REFUNDED" example:"HELD" validate:"required"`
	Items       []BookedItem      `json:"items" validate:"required"`
	Seats       []BookedSeat      `json:"seats" validate:"required"` // the items that are seats
	Total       eventra.Money     `json:"total" validate:"required"`
	Refunded    eventra.Money     `json:"refunded" validate:"required"`                                                                             // that has gone back so far
	ExpiresAt   Time              `json:"expiresAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:10:00.000Z" validate:"required"` // the deadline of the hold
	CreatedAt   Time              `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	Payment     *RunningPayment   `json:"payment,omitzero"`                                                                                // while one runs
	ReplacedBy  *eventra.ID       `json:"replacedBy,omitzero" swaggertype:"string" format:"uuid"`                                          // the confirmed booking that a late payment made in place of this expired one
	Event       *BookedEvent      `json:"event,omitzero"`                                                                                  // missing in answers to changes, and while details of events cannot be read
	Customer    *Customer         `json:"customer,omitzero"`                                                                               // for whom it is; missing in answers to changes
	ConfirmedAt *Time             `json:"confirmedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:01.000Z"` // likewise
	EndedAt     *Time             `json:"endedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-03T08:00:00.000Z"`     // when it expired, or was cancelled or refunded; likewise
	Metadata    map[string]string `json:"metadata,omitzero"`                                                                               // what the shop notes; likewise, but for that of a hold
	Warnings    []string          `json:"warnings,omitzero" enums:"leaves_single_seat" example:"leaves_single_seat"`                       // about the seats that were named, in the answer to the hold alone
}

// RunningPayment is a payment whose outcome is not known yet. It keeps its
// booking HELD, past expiresAt if need be.
type RunningPayment struct {
	Status string `json:"status" enums:"PENDING" example:"PENDING" validate:"required"`
	Until  Time   `json:"until" swaggertype:"string" format:"date-time" example:"2027-05-01T12:10:18.000Z" validate:"required"` // by then it has an outcome, or the hold may end
}

// BookedItem is one ticket of a booking.
type BookedItem struct {
	Item       int           `json:"item" minimum:"1" example:"1" validate:"required"` // its number in the booking
	Seat       string        `json:"seat,omitzero" example:"A-3-12"`
	Section    string        `json:"section" example:"A" validate:"required"`
	Row        string        `json:"row,omitzero" example:"3"`
	Number     int           `json:"number,omitzero" example:"12"`
	Category   string        `json:"category" example:"A" validate:"required"`
	TicketType string        `json:"ticketType" example:"Standard" validate:"required"`
	Price      eventra.Money `json:"price" validate:"required"`                                       // at which it was held
	Status     string        `json:"status" enums:"LIVE,RELEASED" example:"LIVE" validate:"required"` // RELEASED once the booking no longer has it
}

// The states of an item.
const (
	itemLive     = "LIVE"
	itemReleased = "RELEASED"
)

// BookedSeat is a seat of a booking.
type BookedSeat struct {
	Seat    string        `json:"seat" example:"A-3-12" validate:"required"`
	Section string        `json:"section" example:"A" validate:"required"`
	Row     string        `json:"row" example:"3" validate:"required"`
	Number  int           `json:"number" example:"12" validate:"required"`
	Price   eventra.Money `json:"price" validate:"required"`
}

// BookingPage is one page of a list of bookings.
type BookingPage struct {
	Items      []Booking `json:"items" validate:"required"`
	NextCursor *string   `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newBooking(b *eventra.Booking) Booking {
	out := Booking{ID: b.ID, Reference: b.Reference, EventID: b.EventID, Status: string(b.Status),
		Items: make([]BookedItem, len(b.Items)), Seats: make([]BookedSeat, 0, len(b.Items)), Total: b.Total,
		Refunded: eventra.Money{Amount: b.Refunded, Currency: b.Total.Currency}, ExpiresAt: Time(b.ExpiresAt), CreatedAt: Time(b.CreatedAt)}
	for i := range b.Items {
		shown := newBookedItem(b, i)
		out.Items[i] = shown
		if b.Items[i].Seated() {
			out.Seats = append(out.Seats, BookedSeat{shown.Seat, shown.Section, shown.Row, shown.Number, shown.Price})
		}
	}
	if b.Status == eventra.BookingHeld && !b.PaymentID.IsZero() {
		out.Payment = &RunningPayment{Status: string(eventra.PaymentPending), Until: Time(b.PayingUntil)}
	}
	if !b.ReplacedBy.IsZero() {
		out.ReplacedBy = &b.ReplacedBy
	}
	return out
}

func newBookedItem(b *eventra.Booking, i int) BookedItem {
	item := &b.Items[i]
	shown := BookedItem{Item: i + 1, Section: item.Section, Row: item.Row, Number: item.Number,
		Category: item.Category, TicketType: item.TicketType, Price: b.Price(item), Status: itemLive}
	if item.Seated() {
		shown.Seat = item.Name()
	}
	if item.Released {
		shown.Status = itemReleased
	}
	return shown
}

// bookingBytes is about what a booking of one seat takes as JSON.
const bookingBytes = 768

func replyBooking(c *fiber.Ctx, status int, b *eventra.Booking) error {
	return replyShown(c, status, newBooking(b))
}

func replyShown(c *fiber.Ctx, status int, b Booking) error {
	return replyJSON(c, status, b.appendJSON(make([]byte, 0, bookingBytes)))
}

func readBookingRequest(c *fiber.Ctx) (BookingRequest, error) {
	if r, plain := plainRequest(c.Request().Body()); plain {
		return r, nil
	}
	var r BookingRequest
	err := decodeBody(c, &r)
	return r, err
}

// @ID createBooking
// @Summary Hold seats
// @Description Holds all of the seats or none, for the event's holdSeconds. Name the seats, with their ticket types in items or as seats alone, ask for places in general-admission sections besides, or ask for the best available ones. A customer has at most maxSeatsPerCustomer of an event, held and bought. A ticket without a type has the event's default one; each keeps the price that it has now. An API key names a customer of its shop, who is made or found by externalId; email and name replace those known before. If the event's orphanRule is warn, the answer tells with warnings that the named seats leave a single one free where others would not; if it is strict, such seats are refused.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body BookingRequest true "Seats"
// @Success 201 {object} Booking "The hold"
// @Header 201 {string} Location "Address of the booking"
// @Failure 403 {object} Problem "email_not_verified: follow the link in the mail; forbidden: the API key is for other events; scope_missing: an API key needs bookings:write"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published"
// @Failure 409 {object} Problem "seats_unavailable, with unavailable; leaves_single_seat, with orphans and suggestions; not_enough_seats; not_enough_places, with section and available; customer_limit, with limit and held; sale_closed; idempotency_in_progress"
// @Failure 422 {object} Problem "unknown_seats, with unknown; unknown_section, with unknown; unknown_ticket_type; ticket_type_not_sold: no price for the type in the seat's category; ticket_type_quantity: fewer or more tickets of a type than a booking may have; validation_failed; idempotency_key_reused"
// @x-examples {"named seats": {"eventId": "01900000-0000-7000-8000-0000000000e1", "seats": ["A-1-1", "A-1-2"]}, "best available": {"eventId": "01900000-0000-7000-8000-0000000000e1", "bestAvailable": {"quantity": 2}}, "ticket types": {"eventId": "01900000-0000-7000-8000-0000000000e1", "items": [{"seat": "A-1-1", "ticketType": "Standard"}, {"seat": "A-1-2"}]}, "best available by ticket type": {"eventId": "01900000-0000-7000-8000-0000000000e1", "bestAvailable": {"ticketTypes": {"Standard": 2}}}}
// @Router /api/v1/bookings [post]
func (s *Server) createBooking(c *fiber.Ctx) error {
	r, err := readBookingRequest(c)
	if err != nil {
		return err
	}
	var faults eventra.Faults
	hold := r.command(&faults)
	caller := callerOf(c)
	customer := r.checkCustomer(&faults, caller)
	if err := faults.Err(); err != nil {
		return err
	}
	eventID, err := eventra.ParseID(r.EventID)
	if err != nil {
		return eventra.NoSuchEvent()
	}
	if !caller.Covers(eventID) {
		return otherEvent()
	}
	about(c, "eventId", eventID)
	if hold.UserID, err = s.customerOf(c, customer); err != nil {
		return err
	}
	hold.BookingID = resourceID(c)
	booking, err := s.hold(c, eventID, hold)
	if err != nil {
		return err
	}
	if len(r.Metadata) > 0 { // nobody knows of the hold before it is answered
		if err := s.cfg.Bookings.PutMetadata(c.UserContext(), booking, r.Metadata); err != nil {
			return err
		}
	}
	return replyHeld(c, booking, r.Metadata)
}

func replyHeld(c *fiber.Ctx, booking *eventra.Booking, metadata eventra.Metadata) error {
	setHeader(c, fiber.HeaderLocation, bookingsLocation+booking.ID.String())
	shown := newBooking(booking)
	shown.Metadata = metadata
	if booking.LeavesSingleSeat {
		shown.Warnings = []string{string(eventra.CodeLeavesSingleSeat)}
	}
	return replyShown(c, fiber.StatusCreated, shown)
}

// hold asks the event for seats.
func (s *Server) hold(c *fiber.Ctx, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	admission.ReleaseSlot(c.Context().Conn())
	defer s.pacer.Completed()
	cmd.Attempt = unclaimedAttempt(c)
	if triedBefore(c) {
		return s.cfg.BoxOffice.HoldAgain(c.UserContext(), eventID, cmd)
	}
	return s.cfg.BoxOffice.Hold(c.UserContext(), eventID, cmd)
}

// bookingsScope is what the cursors of a user's list of bookings are good for.
func bookingsScope(userID eventra.ID, f eventra.BookingFilter) []string {
	return []string{"bookings", userID.String(), string(f.Status), f.EventID.String()}
}

// @ID listBookings
// @Summary List my bookings
// @Description Newest first. Holds that ended unpaid disappear some weeks after their end.
// @Tags bookings
// @Security BearerAuth
// @Param status query string false "Status" Enums(HELD, CONFIRMED, EXPIRED, CANCELLED, REFUNDED)
// @Param eventId query string false "Event" format(uuid)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} BookingPage "A page of bookings"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/bookings [get]
func (s *Server) listBookings(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.BookingFilter{Status: q.bookingStatus(), EventID: q.eventID()}
	userID := callerOf(c).UserID
	scope := bookingsScope(userID, filter)
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	bookings, next, err := s.cfg.Bookings.UserBookings(c.UserContext(), userID, filter, page)
	if err != nil {
		return err
	}
	list := BookingPage{NextCursor: s.cursors.seal(next, scope...)}
	if list.Items, err = s.detailed(c, bookings, s.cfg.Bookings.DetailsOfBookings); err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &list)
}

// ownBooking reads the booking in the path. Another user's booking is not found, even if
// the caller is an admin; for an API key, one of an event that the key is not for.
func (s *Server) ownBooking(c *fiber.Ctx) (*eventra.Booking, error) {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return nil, err
	}
	if callerOf(c).Key != nil {
		return s.coveredBooking(c, id)
	}
	booking, err := s.cfg.Bookings.Booking(c.UserContext(), id)
	if err == nil && booking.UserID != callerOf(c).UserID {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}

// @ID getBooking
// @Summary Show a booking
// @Description With its seats as they were sold, and while a payment runs, with that.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Success 200 {object} Booking "The booking"
// @Failure 403 {object} Problem "scope_missing: an API key needs bookings:read"
// @Failure 404 {object} Problem "not_found, also for another user's booking, and for one of an event that the API key is not for"
// @Router /api/v1/bookings/{bookingId} [get]
func (s *Server) getBooking(c *fiber.Ctx) error {
	booking, err := s.ownBooking(c)
	if err != nil {
		return err
	}
	return s.replyWithDetails(c, booking)
}

// @ID releaseBooking
// @Summary Release held seats
// @Description The seats are free at once. Repeating the request is harmless.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Success 200 {object} Booking "The booking, CANCELLED"
// @Failure 403 {object} Problem "scope_missing: an API key needs bookings:write"
// @Failure 404 {object} Problem "not_found, also for another user's booking, and for one of an event that the API key is not for"
// @Failure 409 {object} Problem "not_cancellable"
// @Router /api/v1/bookings/{bookingId} [delete]
func (s *Server) releaseBooking(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	customer, err := s.reach(c, id)
	if err != nil {
		return err
	}
	booking, err := s.cfg.BoxOffice.Release(c.UserContext(), customer, id)
	if err != nil {
		return err
	}
	return replyBooking(c, fiber.StatusOK, booking)
}

// @ID refundBooking
// @Summary Refund a booking
// @Description A CONFIRMED booking becomes REFUNDED, and its seats are free again. All that is left of its money goes back.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Success 200 {object} Booking "The booking, REFUNDED"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs refunds:write"
// @Failure 404 {object} Problem "not_found"
// @Failure 409 {object} Problem "not_refundable; idempotency_in_progress"
// @Failure 422 {object} Problem "idempotency_key_reused; validation_failed for the key itself"
// @Router /api/v1/bookings/{bookingId}/refund [post]
func (s *Server) refundBooking(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	if err := s.requireCovered(c, id); err != nil {
		return err
	}
	booking, err := s.cfg.Payments.Refund(c.UserContext(), id)
	if err != nil {
		return err
	}
	return replyBooking(c, fiber.StatusOK, booking)
}
