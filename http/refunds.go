package http

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// RefundRequest asks for money to go back for some tickets of a booking, or for none.
type RefundRequest struct {
	Items   RefundedItems `json:"items,omitzero" swaggertype:"array,integer" example:"1"`           // numbers of items of the booking, or "all" for those that it still has; may be empty if there is an amount
	Amount  *RefundAmount `json:"amount,omitzero" swaggertype:"integer" minimum:"0" example:"1500"` // in minor units of the booking's currency; without it, the price of the items, but for those that were refunded before
	Release *bool         `json:"release,omitzero" default:"true"`                                  // whether the booking gives the items up, and their seats are free again; without it, it does
	Reason  string        `json:"reason,omitzero" maxLength:"1000" example:"Ada is ill."`           // for the mail to the buyer
}

// RefundedItems are numbers of items, or "all".
type RefundedItems struct {
	numbers []int
	all     bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *RefundedItems) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		if string(text) != `"all"` {
			return errors.New(`items must be a list of numbers or "all"`)
		}
		i.all = true
		return nil
	}
	return json.Unmarshal(text, &i.numbers)
}

// RefundAmount is money in minor units, with its currency or without.
type RefundAmount struct{ eventra.Money }

// UnmarshalJSON implements json.Unmarshaler.
func (a *RefundAmount) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		return json.Unmarshal(text, &a.Money, json.RejectUnknownMembers(true))
	}
	return json.Unmarshal(text, &a.Amount)
}

func (r *RefundRequest) command(f *eventra.Faults) *eventra.RefundItems {
	cmd := &eventra.RefundItems{Items: r.Items.numbers, All: r.Items.all, Amount: eventra.ItemsPrice,
		Release: r.Release == nil || *r.Release, Reason: r.Reason}
	if r.Amount != nil {
		if cmd.Amount, cmd.Currency = r.Amount.Amount, r.Amount.Currency; cmd.Amount < 0 {
			f.Add("amount", "range", "must not be negative")
			return cmd
		}
	}
	cmd.Validate(f)
	return cmd
}

// Refund is money that goes back.
type Refund struct {
	ID        eventra.ID    `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a05" validate:"required"`
	BookingID eventra.ID    `json:"bookingId" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Status    string        `json:"status" enums:"PENDING,SUCCEEDED,FAILED" example:"SUCCEEDED" validate:"required"` // FAILED: no money has moved, and none will
	Amount    eventra.Money `json:"amount" validate:"required"`
	Items     []int         `json:"items" example:"1" validate:"required"`       // the numbers of the items that it is for
	Released  bool          `json:"released" example:"true" validate:"required"` // whether the booking has given them up
	Reason    string        `json:"reason" example:"Ada is ill." validate:"required"`
	CreatedAt Time          `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-02T09:00:00.000Z" validate:"required"`
}

// RefundPage is one page of a booking's refunds.
type RefundPage struct {
	Items      []Refund `json:"items" validate:"required"`
	NextCursor *string  `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newRefund(r *eventra.Refund) Refund {
	items := r.Items
	if items == nil {
		items = []int{}
	}
	return Refund{ID: r.ID, BookingID: r.BookingID, Status: string(r.Status), Amount: r.Amount, Items: items, Released: r.Released,
		Reason: r.Reason, CreatedAt: Time(r.CreatedAt)}
}

// @ID refundItems
// @Summary Refund tickets of a booking
// @Description Returns the price of some tickets, or any amount up to what is left of the payment, and tells the buyer by mail. Seats of tickets that are released are free at once. The booking stays CONFIRMED until its last ticket is released, and is REFUNDED then. A refund whose outcome the payment gateway has not told yet is PENDING, and ends in the background.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body RefundRequest true "What goes back"
// @Success 201 {object} Refund "The refund"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key with the scope refunds:write; scope_missing"
// @Failure 404 {object} Problem "not_found"
// @Failure 409 {object} Problem "refund_exceeds_payment, with refundable; not_refundable: the booking is not CONFIRMED, or the price of the items has gone back before; item_released; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @x-examples {"a ticket": {"items": [1], "reason": "Ada is ill."}, "all tickets": {"items": "all"}, "an amount": {"items": [], "amount": 500, "reason": "The heating failed."}}
// @Router /api/v1/bookings/{bookingId}/refunds [post]
func (s *Server) refundItems(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	if err := s.requireCovered(c, id); err != nil {
		return err
	}
	var r RefundRequest
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	cmd := r.command(&faults)
	if err := faults.Err(); err != nil {
		return err
	}
	cmd.RefundID, cmd.BookingID = resourceID(c), id
	about(c, "refundId", cmd.RefundID)
	refund, err := s.cfg.Payments.RefundItems(c.UserContext(), cmd)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated, newRefund(refund))
}

// @ID listRefunds
// @Summary List a booking's refunds
// @Description Oldest first. The last one may be of all that was left, when the whole booking was refunded or its event cancelled.
// @Tags bookings
// @Security BearerAuth
// @Security KeyAuth
// @Param bookingId path string true "Booking" format(uuid)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} RefundPage "A page of refunds"
// @Failure 403 {object} Problem "scope_missing: an API key needs bookings:read"
// @Failure 404 {object} Problem "not_found, also for another user's booking, unless the caller is an ADMIN, and for one of an event that the API key is not for"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/bookings/{bookingId}/refunds [get]
func (s *Server) listRefunds(c *fiber.Ctx) error {
	id, err := pathID(c, "bookingId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	booking, err := s.coveredBooking(c, id)
	if err != nil {
		return err
	}
	if caller := callerOf(c); caller.Key == nil && booking.UserID != caller.UserID && !isAdmin(c) {
		return eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	q := query{c: c}
	scope := []string{"refunds", booking.ID.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	refunds, next, err := s.cfg.Bookings.BookingRefunds(c.UserContext(), booking.ID, page)
	if err != nil {
		return err
	}
	list := RefundPage{Items: make([]Refund, len(refunds)), NextCursor: s.cursors.seal(next, scope...)}
	for i := range refunds {
		list.Items[i] = newRefund(&refunds[i])
	}
	return reply(c, fiber.StatusOK, &list)
}
