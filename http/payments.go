package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Payment is one attempt to pay for a booking. Only the answer to a payment includes the
// booking.
type Payment struct {
	ID        eventra.ID    `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a04" validate:"required"`
	BookingID eventra.ID    `json:"bookingId" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Method    string        `json:"method" enums:"mock" example:"mock" validate:"required"`
	Status    string        `json:"status" enums:"PENDING,SUCCEEDED,DECLINED,FAILED,REFUND_PENDING,REFUNDED" example:"SUCCEEDED" validate:"required"`
	Amount    eventra.Money `json:"amount" validate:"required"`
	CreatedAt Time          `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:00.000Z" validate:"required"`
	Booking   *Booking      `json:"booking,omitzero"`
}

// PaymentPage is one page of a booking's payments.
type PaymentPage struct {
	Items      []Payment `json:"items" validate:"required"`
	NextCursor *string   `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newPayment(p *eventra.Payment, b *eventra.Booking) Payment {
	out := Payment{ID: p.ID, BookingID: p.BookingID, Method: p.Method, Status: string(p.Status),
		Amount: p.Amount, CreatedAt: Time(p.CreatedAt)}
	if b != nil {
		booking := newBooking(b)
		out.Booking = &booking
	}
	return out
}

// PaymentRequest asks to pay for a booking.
type PaymentRequest struct {
	Method string `json:"method" enums:"mock" example:"mock" validate:"required"`
	Token  string `json:"token" minLength:"1" maxLength:"255" example:"tok_ok" validate:"required"` // tok_ok, tok_declined, tok_error or tok_slow_<ms>
}

const (
	methodMock           = "mock"
	paymentTokenMaxBytes = 255
)

func (r *PaymentRequest) validate() error {
	var faults eventra.Faults
	if r.Method != methodMock {
		faults.Add("method", "unknown", "must be %s", methodMock)
	}
	if !visibleASCII(r.Token, paymentTokenMaxBytes) {
		faults.Add("token", "invalid_token", "must have 1 to %d visible ASCII characters", paymentTokenMaxBytes)
	}
	return faults.Err()
}

// @ID pay
// @Summary Pay for a booking
// @Description Mock tokens: tok_ok, tok_declined, tok_error (the gateway fails), tok_slow_<ms>. If the hold expires while the gateway charges, the money buys the same seats again when they are still free: the payment names the new booking, and the old booking names it as replacedBy. Otherwise the money is refunded, and the answer is hold_expired with the payment. If the event is cancelled meanwhile, the money is refunded too, and the answer is sale_closed with the payment. A booking whose total is 0 is confirmed with any token, and no gateway is asked.
// @Tags payments
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body PaymentRequest true "Payment"
// @Success 201 {object} Payment "The payment and the booking, CONFIRMED"
// @Failure 403 {object} Problem "scope_missing: an API key needs bookings:write"
// @Failure 402 {object} Problem "payment_declined: the booking stays HELD"
// @Failure 404 {object} Problem "not_found, also for another user's booking, and for one of an event that the API key is not for"
// @Failure 409 {object} Problem "hold_expired; already_paid; payment_in_progress; sale_closed; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @Failure 503 {object} Problem "payment_unavailable: the booking stays HELD; overloaded; unavailable"
// @x-examples {"paid": {"method": "mock", "token": "tok_ok"}, "declined": {"method": "mock", "token": "tok_declined"}}
// @Router /api/v1/bookings/{bookingId}/payments [post]
func (s *Server) pay(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	var r PaymentRequest
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	if err := r.validate(); err != nil {
		return err
	}
	customer, err := s.reach(c, id)
	if err != nil {
		return err
	}
	about(c, "paymentId", resourceID(c))
	payment, booking, err := s.cfg.Payments.Pay(c.UserContext(), eventra.PaymentRequest{
		PaymentID: resourceID(c), BookingID: id, UserID: customer, Method: r.Method, Token: r.Token})
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated, newPayment(payment, booking))
}

// @ID listPayments
// @Summary List a booking's payments
// @Description Payment attempts, oldest first.
// @Tags payments
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} PaymentPage "A page of payments"
// @Failure 403 {object} Problem "scope_missing: an API key needs bookings:read"
// @Failure 404 {object} Problem "not_found, also for another user's booking, and for one of an event that the API key is not for"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/bookings/{bookingId}/payments [get]
func (s *Server) listPayments(c *fiber.Ctx) error {
	booking, err := s.ownBooking(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	scope := []string{"payments", booking.ID.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	payments, next, err := s.cfg.Bookings.BookingPayments(c.UserContext(), booking.ID, page)
	if err != nil {
		return err
	}
	list := PaymentPage{Items: make([]Payment, len(payments)), NextCursor: s.cursors.seal(next, scope...)}
	for i := range payments {
		list.Items[i] = newPayment(&payments[i], nil)
	}
	return reply(c, fiber.StatusOK, &list)
}
