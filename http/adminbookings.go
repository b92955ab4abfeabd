package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

// Customer is whom a booking is for. Of a person whose account was erased only the id is left.
type Customer struct {
	ID         eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03" validate:"required"`
	Kind       string     `json:"kind" enums:"user,shop" example:"user" validate:"required"`
	ExternalID string     `json:"externalId,omitzero" example:"C-1042"` // by which the shop knows a customer of its own
	Email      string     `json:"email,omitzero" example:"ada@example.com"`
	Name       string     `json:"name,omitzero" example:"Ada Lovelace"`
}

// AdminBooking is a booking as the back office sees it.
type AdminBooking struct {
	Booking
	Customer Customer `json:"customer" validate:"required"`
}

// AdminBookingPage is one page of a list of everybody's bookings.
type AdminBookingPage struct {
	Items      []AdminBooking `json:"items" validate:"required"`
	NextCursor *string        `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

// BookingRecord is all that is known about a booking.
type BookingRecord struct {
	AdminBooking
	ConfirmedAt *Time         `json:"confirmedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:01.000Z"`
	EndedAt     *Time         `json:"endedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-03T08:00:00.000Z"` // when it expired, or was cancelled or refunded
	Payments    []Payment     `json:"payments" validate:"required"`                                                                // oldest first
	Refunds     []Refund      `json:"refunds" validate:"required"`                                                                 // oldest first
	Mails       []BookingMail `json:"mails" validate:"required"`                                                                   // oldest first
	History     []BookingStep `json:"history" validate:"required"`                                                                 // oldest first
}

// BookingMail is a mail about a booking.
type BookingMail struct {
	Kind      string `json:"kind" enums:"tickets,cancelled,rescheduled,refunded" example:"tickets" validate:"required"`
	Status    string `json:"status" enums:"DUE,SENT,WITHHELD,DEAD" example:"SENT" validate:"required"` // DEAD after too many attempts; WITHHELD if it would have told what is not true any more
	CreatedAt Time   `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:01.000Z" validate:"required"`
	SentAt    *Time  `json:"sentAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:02.000Z"`
	Attempts  int    `json:"attempts,omitzero" example:"3"`                                          // that failed, of a mail that is not sent
	LastError string `json:"lastError,omitzero" example:"dial tcp 192.0.2.7:25: connection refused"` // of the last attempt
}

// The states of a mail.
const (
	mailDue      = "DUE"
	mailSent     = "SENT"
	mailWithheld = "WITHHELD"
	mailDead     = "DEAD"
)

// mailState is what the store knows of a mail, and when a mail server had accepted it.
func mailState(ended time.Time, withheld bool) (status string, sentAt *Time) {
	switch {
	case withheld:
		return mailWithheld, nil
	case !ended.IsZero():
		return mailSent, timeOrNone(ended)
	}
	return mailDue, nil
}

// BookingStep is something that happened to a booking.
type BookingStep struct {
	At            Time        `json:"at" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:01.000Z" validate:"required"`
	Step          string      `json:"step" enums:"HELD,PAYMENT_STARTED,PAYMENT_ENDED,CONFIRMED,REFUND_STARTED,EXPIRED,CANCELLED,REFUNDED" example:"PAYMENT_ENDED" validate:"required"`
	PaymentID     *eventra.ID `json:"paymentId,omitzero" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a04"` // of a payment's step
	RefundID      *eventra.ID `json:"refundId,omitzero" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a05"`  // of a refund's step
	PaymentStatus string      `json:"paymentStatus,omitzero" enums:"SUCCEEDED,DECLINED,FAILED,REFUND_PENDING,REFUNDED" example:"SUCCEEDED"` // with which it ended
}

// @ID searchBookings
// @Summary Search bookings
// @Description Everybody's bookings, newest first. The filters narrow the list together. `seat` needs `eventId`, and finds each booking that has or had the seat; it does not go with `reference`, which finds one booking at most. An API key that is limited to events needs `eventId`, one of its own. Holds that ended unpaid disappear some weeks after their end.
// @Tags back office
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId query string false "Event" format(uuid)
// @Param status query string false "Status" Enums(HELD, CONFIRMED, EXPIRED, CANCELLED, REFUNDED)
// @Param email query string false "E-mail address of the customer, in full"
// @Param reference query string false "Reference, as people write it: in either case, with or without the hyphen, I or L for 1 and O for 0"
// @Param seat query string false "Seat, such as A-3-12"
// @Param from query string false "Made at this time or later" format(date-time)
// @Param to query string false "Made before this time" format(date-time)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} AdminBookingPage "A page of bookings"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs bookings:read"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/bookings [get]
func (s *Server) searchBookings(c *fiber.Ctx) error {
	q := query{c: c}
	search := q.bookingSearch()
	scope := []string{"admin/bookings", search.EventID.String(), string(search.Status), search.Email, q.text("seat"),
		search.From.String(), search.To.String()}
	if !search.Reference.IsZero() {
		scope = append(scope, search.Reference.String())
	}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	if !callerOf(c).Covers(search.EventID) {
		return otherEvent()
	}
	admission.ReleaseSlot(c.Context().Conn())
	found, next, err := s.cfg.BackOffice.SearchBookings(c.UserContext(), search, page)
	if err != nil {
		return err
	}
	list := AdminBookingPage{NextCursor: s.cursors.seal(next, scope...)}
	if list.Items, err = s.adminBookings(c, found); err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &list)
}

func (q *query) bookingSearch() eventra.BookingSearch {
	search := eventra.BookingSearch{Status: q.bookingStatus(), EventID: q.eventID(), From: q.time("from"), To: q.time("to")}
	if q.has("email") {
		search.Email = auth.NormalizeEmail(q.text("email"))
		if search.Email == "" {
			q.faults.Add("email", "required", "must be an e-mail address")
		}
	}
	if q.has("reference") {
		var err error
		if search.Reference, err = eventra.ParseReference(q.text("reference")); err != nil {
			q.faults.Add("reference", "invalid_reference", "must be the reference of a booking such as CMKM-6DMM")
		}
	}
	if q.has("seat") {
		if q.has("reference") {
			q.faults.Add("seat", "one_of", "give either seat or reference")
		}
		seat, ok := eventra.ParseSeatName(eventra.CanonicalName(q.text("seat")))
		search.Seat = &seat
		switch {
		case !ok:
			q.faults.Add("seat", "invalid_seat", "must be a seat's name such as A-3-12")
		case search.EventID.IsZero():
			q.faults.Add("eventId", "required", "is required with seat")
		}
	}
	return search
}

// bookingStatus returns the parameter that narrows a list of bookings, "" without one.
func (q *query) bookingStatus() eventra.BookingStatus {
	status := eventra.BookingStatus(q.text("status"))
	if status != "" && !status.Valid() {
		q.faults.Add("status", "unknown", "must be HELD, CONFIRMED, EXPIRED, CANCELLED or REFUNDED")
	}
	return status
}

// eventID returns the parameter that narrows a list to an event, zero without one.
func (q *query) eventID() (id eventra.ID) {
	event := q.text("eventId")
	if event == "" {
		return id
	}
	id, err := eventra.ParseID(event)
	if err != nil {
		q.faults.Add("eventId", "invalid_id", "must be the id of an event")
	}
	return id
}

// adminBookings shows bookings with their customers.
func (s *Server) adminBookings(c *fiber.Ctx, bookings []*eventra.Booking) ([]AdminBooking, error) {
	detailed, err := s.detailed(c, bookings, s.cfg.BackOffice.DetailsForOffice)
	if err != nil {
		return nil, err
	}
	shown := make([]AdminBooking, len(bookings))
	for i, b := range bookings {
		customer := Customer{ID: b.UserID, Kind: string(eventra.CustomerUser)} // if the booking has gone meanwhile
		if known := detailed[i].Customer; known != nil {
			customer = *known
		}
		shown[i] = AdminBooking{detailed[i], customer}
	}
	return shown, nil
}

// customers reads customers, and returns a function that shows one of them.
func (s *Server) customers(c *fiber.Ctx, ids []eventra.ID) (func(eventra.ID) Customer, error) {
	found, err := s.cfg.BackOffice.CustomersByID(c.UserContext(), ids)
	return func(id eventra.ID) Customer {
		customer, known := found[id]
		if !known {
			customer = eventra.Customer{ID: id, Kind: eventra.CustomerUser}
		}
		return newCustomer(&customer)
	}, err
}

// @ID getBookingRecord
// @Summary Show all about a booking
// @Description Anybody's booking, with its customer, payments, refunds, mails and history. An attempt of a mail that is not sent may be missing while Redis is away.
// @Tags back office
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Success 200 {object} BookingRecord "The booking"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs bookings:read"
// @Failure 404 {object} Problem "not_found"
// @Router /api/v1/admin/bookings/{bookingId} [get]
func (s *Server) getBookingRecord(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	record, err := s.cfg.BackOffice.BookingRecord(c.UserContext(), id)
	if err != nil {
		return err
	}
	if !callerOf(c).Covers(record.Booking.EventID) {
		return eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	with, err := s.adminBookings(c, []*eventra.Booking{record.Booking})
	if err != nil {
		return err
	}
	shown := BookingRecord{AdminBooking: with[0], ConfirmedAt: timeOrNone(record.ConfirmedAt), EndedAt: timeOrNone(record.EndedAt),
		Payments: make([]Payment, len(record.Payments)), Refunds: make([]Refund, len(record.Refunds)), Mails: make([]BookingMail, len(record.Mails)), History: newHistory(record)}
	for i := range record.Payments {
		shown.Payments[i] = newPayment(&record.Payments[i], nil)
	}
	for i := range record.Refunds {
		shown.Refunds[i] = newRefund(&record.Refunds[i])
	}
	for i := range record.Mails {
		shown.Mails[i] = s.newBookingMail(c, &record.Mails[i])
	}
	return reply(c, fiber.StatusOK, &shown)
}

func timeOrNone(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return (*Time)(&t)
}

func newHistory(record *eventra.BookingRecord) []BookingStep {
	history := record.History()
	shown := make([]BookingStep, len(history))
	for i, step := range history {
		shown[i] = BookingStep{At: Time(step.At), Step: string(step.Kind)}
		if step.Payment != nil {
			shown[i].PaymentID = &step.Payment.ID
		}
		if step.Refund != nil {
			shown[i].RefundID = &step.Refund.ID
		}
		if step.Kind == eventra.StepPaymentEnded {
			shown[i].PaymentStatus = string(step.Payment.Status)
		}
	}
	return shown
}

// newBookingMail shows a mail. What the queue knows about one that is due is missing if the queue is away.
func (s *Server) newBookingMail(c *fiber.Ctx, m *eventra.BookingMail) BookingMail {
	shown := BookingMail{Kind: string(m.Kind), CreatedAt: Time(m.CreatedAt)}
	if shown.Status, shown.SentAt = mailState(m.EndedAt, m.Withheld); shown.Status != mailDue {
		return shown
	}
	tries, err := s.cfg.MailTries.MailTries(c.UserContext(), m.MailRef)
	if err != nil {
		return shown
	}
	shown.Attempts, shown.LastError = tries.Tries, tries.LastError
	if tries.Dead {
		shown.Status = mailDead
	}
	return shown
}

// @ID forceRelease
// @Summary Release anybody's hold
// @Description As the customer's own release: the seats are free at once, unless a payment runs. The audit log has it. Repeating the request is harmless.
// @Tags back office
// @Security BearerAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Success 200 {object} AdminBooking "The booking, CANCELLED"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found"
// @Failure 409 {object} Problem "not_cancellable, also while a payment runs"
// @Router /api/v1/admin/bookings/{bookingId} [delete]
func (s *Server) forceRelease(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	booking, err := s.cfg.BoxOffice.ForceRelease(c.UserContext(), id)
	if err != nil {
		return err
	}
	shown, err := s.adminBookings(c, []*eventra.Booking{booking})
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &shown[0])
}

// @ID sendTicketsAgain
// @Summary Send the tickets again
// @Description The mail goes out in the background, to the customer's present address; the record of the booking shows it. Up to three times within an hour. A mail that waits to be sent already is not sent twice. The audit log has it.
// @Tags back office
// @Security BearerAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Success 202 "The mail is due"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found"
// @Failure 409 {object} Problem "invalid_transition: the booking is not CONFIRMED, or its event is cancelled; idempotency_in_progress"
// @Failure 422 {object} Problem "idempotency_key_reused; validation_failed for the key itself"
// @Failure 429 {object} Problem "rate_limited"
// @Router /api/v1/admin/bookings/{bookingId}/mails [post]
func (s *Server) sendTicketsAgain(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	if err := s.cfg.BackOffice.SendTicketsAgain(c.UserContext(), id); err != nil {
		return err
	}
	c.Status(fiber.StatusAccepted)
	return nil
}
