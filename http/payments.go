package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Payment is one attempt to pay for a booking.
type Payment struct {
	ID        eventra.ID    `json:"id"`
	BookingID eventra.ID    `json:"bookingId"`
	Method    string        `json:"method"`
	Status    string        `json:"status"`
	Amount    eventra.Money `json:"amount"`
	CreatedAt Time          `json:"createdAt"`
	Booking   *Booking      `json:"booking,omitzero"` // as it is now; with POST only
}

// PaymentPage is a part of the list of a booking's payments.
type PaymentPage struct {
	Items      []Payment `json:"items"`
	NextCursor *string   `json:"nextCursor"`
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
	Method string `json:"method"`
	Token  string `json:"token"`
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
	payment, booking, err := s.cfg.BoxOffice.Pay(c.UserContext(), eventra.PaymentRequest{
		PaymentID: resourceID(c), BookingID: id, UserID: callerOf(c).UserID, Method: r.Method, Token: r.Token})
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated, newPayment(payment, booking))
}

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
