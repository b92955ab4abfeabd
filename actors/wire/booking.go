package wire

import "github.com/eventra/eventra"

func encodeBooking(b *eventra.Booking) *Booking {
	if b == nil {
		return nil
	}
	out := &Booking{Id: idBytes(b.ID), Event: idBytes(b.EventID), User: idBytes(b.UserID), Status: string(b.Status),
		Total: encodeMoney(b.Total), ExpiresAt: timeMicros(b.ExpiresAt),
		CreatedAt: timeMicros(b.CreatedAt), Payment: idBytes(b.PaymentID), PayingUntil: timeMicros(b.PayingUntil),
		ReplacedBy: idBytes(b.ReplacedBy), LeavesSingleSeat: b.LeavesSingleSeat, Refunded: b.Refunded, Reference: int64(b.Reference)}
	out.Seats, out.Places = encodeItems(b.Items, b.Total.Currency)
	return out
}

func (d *decoder) booking(b *Booking) *eventra.Booking {
	if b == nil {
		return nil
	}
	out := &eventra.Booking{ID: d.need(b.GetId()), EventID: d.need(b.GetEvent()), UserID: d.need(b.GetUser()),
		Status: eventra.BookingStatus(b.GetStatus()), Items: d.items(b.GetSeats(), b.GetPlaces()), Total: b.GetTotal().decode(),
		ExpiresAt: microsTime(b.GetExpiresAt()), CreatedAt: microsTime(b.GetCreatedAt()), PaymentID: d.id(b.GetPayment()),
		PayingUntil: microsTime(b.GetPayingUntil()), ReplacedBy: d.id(b.GetReplacedBy()),
		LeavesSingleSeat: b.GetLeavesSingleSeat(), Refunded: b.GetRefunded(),
		Reference: d.reference(b.GetReference())}
	if !out.Status.Valid() {
		d.fail("unknown booking status %q", out.Status)
	}
	return out
}

func encodePayment(p *eventra.Payment) *Payment {
	if p == nil {
		return nil
	}
	return &Payment{Id: idBytes(p.ID), Booking: idBytes(p.BookingID), Event: idBytes(p.EventID), User: idBytes(p.UserID), Method: p.Method,
		Amount: encodeMoney(p.Amount), Status: string(p.Status), Refusal: string(p.Refusal),
		CreatedAt: timeMicros(p.CreatedAt), UpdatedAt: timeMicros(p.UpdatedAt)}
}

func (d *decoder) payment(p *Payment) *eventra.Payment {
	if p == nil {
		return nil
	}
	return &eventra.Payment{ID: d.need(p.GetId()), BookingID: d.need(p.GetBooking()), EventID: d.need(p.GetEvent()), UserID: d.need(p.GetUser()),
		Method: p.GetMethod(), Amount: p.GetAmount().decode(), Status: eventra.PaymentStatus(p.GetStatus()),
		Refusal:   eventra.Code(p.GetRefusal()),
		CreatedAt: microsTime(p.GetCreatedAt()), UpdatedAt: microsTime(p.GetUpdatedAt())}
}

// SetOutcome sets the result of a command as the body; either may be nil.
func (e *Envelope) SetOutcome(b *eventra.Booking, p *eventra.Payment) {
	e.Body = &Envelope_Outcome{&Outcome{Booking: encodeBooking(b), Payment: encodePayment(p)}}
}

// Decode returns the result of a command; either may be nil.
func (o *Outcome) Decode() (*eventra.Booking, *eventra.Payment, error) {
	var d decoder
	b, p := d.booking(o.GetBooking()), d.payment(o.GetPayment())
	return b, p, d.err
}
