package wire

import (
	"fmt"

	"github.com/eventra/eventra"
)

// SetCommand sets a command as the body.
func (e *Envelope) SetCommand(cmd eventra.Command) {
	switch cmd := cmd.(type) {
	case *eventra.HoldSeats:
		e.setHold(cmd)
	case *eventra.ReleaseHold:
		e.Body = &Envelope_ReleaseHold{&ReleaseHold{Booking: idBytes(cmd.BookingID), User: idBytes(cmd.UserID), Actor: encodeActor(cmd.By)}}
	case *eventra.ExpireHold:
		e.Body = &Envelope_ExpireHold{&ExpireHold{Booking: idBytes(cmd.BookingID)}}
	case *eventra.StartPayment:
		e.Body = &Envelope_StartPayment{&StartPayment{Payment: idBytes(cmd.PaymentID), Booking: idBytes(cmd.BookingID),
			User: idBytes(cmd.UserID), Method: cmd.Method, Grace: int64(cmd.Grace)}}
	case *eventra.FinishPayment:
		e.setFinishPayment(cmd)
	case *eventra.RefundBooking:
		if refund := (&RefundBooking{Booking: idBytes(cmd.BookingID), Actor: encodeActor(cmd.By)}); cmd.Cancelled {
			e.Body = &Envelope_RefundCancelled{refund}
		} else {
			e.Body = &Envelope_RefundBooking{refund}
		}
	case *eventra.RefundItems:
		e.Body = &Envelope_RefundItems{encodeRefundItems(cmd)}
	case *eventra.EndRefund:
		e.Body = &Envelope_EndRefund{&EndRefund{Refund: encodeRefund(&cmd.Refund), Outcome: string(cmd.Outcome)}}
	case *eventra.SetBlocked:
		e.Body = &Envelope_BlockSeats{encodeSetBlocked(cmd)}
	default:
		panic(fmt.Sprintf("no wire form for %T", cmd))
	}
}

func (e *Envelope) setHold(cmd *eventra.HoldSeats) {
	hold := &HoldSeats{Booking: idBytes(cmd.BookingID), User: idBytes(cmd.UserID), Seats: cmd.Seats}
	if cmd.Best != nil {
		hold.Quantity, hold.Section = int32(cmd.Best.Quantity), cmd.Best.Section
	}
	a := cmd.Attempt
	switch {
	case cmd.AsksForPlaces(): // a member that does not know of places must not hold less
		e.Body = &Envelope_PlacesHold{encodeItemsHold(hold, cmd)}
	case !cmd.Plain():
		e.Body = &Envelope_ItemsHold{encodeItemsHold(hold, cmd)}
	case a == nil:
		e.Body = &Envelope_HoldSeats{hold}
	default:
		e.Body = &Envelope_KeyedHold{&KeyedHold{Hold: hold, Route: a.Key.Route, Key: a.Key.Key, RequestHash: a.RequestHash[:]}}
	}
}

// setFinishPayment tells a member of the release before what it needs, unless the booking
// has places, which it must not sell less than.
func (e *Envelope) setFinishPayment(cmd *eventra.FinishPayment) {
	seats, places := encodeItems(cmd.Items, cmd.Payment.Amount.Currency)
	finish := &FinishPayment{Payment: encodePayment(&cmd.Payment), Outcome: string(cmd.Outcome)}
	for _, seat := range seats {
		finish.Seats = append(finish.Seats, seat.No)
	}
	finish.Items, finish.Places = seats, places
	if places != nil {
		e.Body = &Envelope_FinishPlaces{finish}
	} else {
		e.Body = &Envelope_FinishPayment{finish}
	}
}

// Command returns the command in the body, nil if the body is something else, and
// an error if the command is invalid.
func (e *Envelope) Command() (eventra.Command, error) {
	var d decoder
	var cmd eventra.Command
	switch body := e.Body.(type) {
	case *Envelope_HoldSeats:
		cmd = d.holdSeats(body.HoldSeats)
	case *Envelope_KeyedHold:
		cmd = d.keyedHold(body.KeyedHold)
	case *Envelope_ItemsHold:
		cmd = d.itemsHold(body.ItemsHold)
	case *Envelope_PlacesHold:
		cmd = d.itemsHold(body.PlacesHold)
	case *Envelope_ReleaseHold:
		r := body.ReleaseHold
		cmd = &eventra.ReleaseHold{BookingID: d.need(r.GetBooking()), UserID: d.need(r.GetUser()), By: d.actor(r.GetActor())}
	case *Envelope_ExpireHold:
		cmd = &eventra.ExpireHold{BookingID: d.need(body.ExpireHold.GetBooking())}
	case *Envelope_StartPayment:
		p := body.StartPayment
		cmd = &eventra.StartPayment{PaymentID: d.need(p.GetPayment()), BookingID: d.need(p.GetBooking()), UserID: d.need(p.GetUser()),
			Method: p.GetMethod(), Grace: d.duration(p.GetGrace())}
	case *Envelope_FinishPayment:
		cmd = d.finishPayment(body.FinishPayment)
	case *Envelope_FinishPlaces:
		cmd = d.finishPayment(body.FinishPlaces)
	case *Envelope_RefundBooking:
		cmd = &eventra.RefundBooking{BookingID: d.need(body.RefundBooking.GetBooking()), By: d.actor(body.RefundBooking.GetActor())}
	case *Envelope_RefundCancelled:
		cmd = &eventra.RefundBooking{BookingID: d.need(body.RefundCancelled.GetBooking()), Cancelled: true}
	case *Envelope_RefundItems:
		cmd = d.refundItems(body.RefundItems)
	case *Envelope_EndRefund:
		cmd = d.endRefund(body.EndRefund)
	case *Envelope_BlockSeats:
		cmd = d.setBlocked(body.BlockSeats)
	default:
		return nil, nil
	}
	return cmd, d.err
}

func (d *decoder) holdSeats(h *HoldSeats) *eventra.HoldSeats {
	cmd := d.seatsOfHold(h)
	d.validate(cmd)
	return cmd
}

func (d *decoder) seatsOfHold(h *HoldSeats) *eventra.HoldSeats {
	cmd := &eventra.HoldSeats{BookingID: d.need(h.GetBooking()), UserID: d.need(h.GetUser()), Seats: h.GetSeats()}
	if h.GetQuantity() != 0 {
		cmd.Best = &eventra.BestAvailable{Quantity: int(h.GetQuantity()), Section: h.GetSection()}
	}
	return cmd
}

func (d *decoder) validate(cmd *eventra.HoldSeats) {
	var faults eventra.Faults
	cmd.Validate(&faults, eventra.MaxSeatsPerBookingMax)
	if err := faults.Err(); err != nil {
		d.fail("invalid hold: %w", err)
	}
}

func (d *decoder) keyedHold(h *KeyedHold) *eventra.HoldSeats {
	cmd := d.holdSeats(h.GetHold())
	d.attempt(cmd, h.GetRoute(), h.GetKey(), h.GetRequestHash())
	return cmd
}

// attempt adds the idempotency key of a hold.
func (d *decoder) attempt(cmd *eventra.HoldSeats, route, key string, hash []byte) {
	cmd.Attempt = &eventra.IdempotencyAttempt{Key: eventra.IdempotencyKey{UserID: cmd.UserID, Route: route, Key: key},
		ResourceID: cmd.BookingID, RequestHash: d.hash(hash)}
	if err := cmd.Attempt.Key.Validate(); err != nil {
		d.fail("invalid key: %w", err)
	}
}

func (d *decoder) finishPayment(f *FinishPayment) *eventra.FinishPayment {
	cmd := &eventra.FinishPayment{Outcome: eventra.PaymentStatus(f.GetOutcome()), Items: d.items(f.GetItems(), f.GetPlaces())}
	if len(cmd.Items) == 0 { // a member of the release before tells numbers alone
		for _, no := range f.GetSeats() {
			cmd.Items = append(cmd.Items, eventra.Item{No: d.seatNo(no)})
		}
	}
	if payment := d.payment(f.GetPayment()); payment != nil {
		cmd.Payment = *payment
	} else {
		d.fail("missing payment")
	}
	switch cmd.Outcome {
	case eventra.PaymentSucceeded, eventra.PaymentDeclined, eventra.PaymentFailed:
	default:
		d.fail("unknown payment outcome %q", cmd.Outcome)
	}
	return cmd
}
