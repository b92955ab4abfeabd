package wire

import "github.com/eventra/eventra"

func encodeRefundItems(cmd *eventra.RefundItems) *RefundItems {
	return &RefundItems{Refund: idBytes(cmd.RefundID), Booking: idBytes(cmd.BookingID), Items: encodeItemNumbers(cmd.Items), All: cmd.All,
		Amount: cmd.Amount, Currency: cmd.Currency, Release: cmd.Release, Reason: cmd.Reason, Actor: encodeActor(cmd.By)}
}

func (d *decoder) refundItems(r *RefundItems) *eventra.RefundItems {
	cmd := &eventra.RefundItems{RefundID: d.need(r.GetRefund()), BookingID: d.need(r.GetBooking()), Items: itemNumbers(r.GetItems()),
		All: r.GetAll(), Amount: r.GetAmount(), Currency: r.GetCurrency(), Release: r.GetRelease(), Reason: r.GetReason(),
		By: d.actor(r.GetActor())}
	var faults eventra.Faults
	cmd.Validate(&faults)
	if err := faults.Err(); err != nil {
		d.fail("invalid refund: %w", err)
	}
	return cmd
}

func (d *decoder) endRefund(e *EndRefund) *eventra.EndRefund {
	cmd := &eventra.EndRefund{Refund: *d.refund(e.GetRefund()), Outcome: eventra.RefundStatus(e.GetOutcome())}
	if cmd.Outcome != eventra.RefundSucceeded && cmd.Outcome != eventra.RefundFailed {
		d.fail("unknown refund outcome %q", cmd.Outcome)
	}
	return cmd
}

func encodeRefund(r *eventra.Refund) *Refund {
	return &Refund{Id: idBytes(r.ID), Booking: idBytes(r.BookingID), Payment: idBytes(r.PaymentID), Event: idBytes(r.EventID), N: int32(r.N),
		Amount: encodeMoney(r.Amount), Items: encodeItemNumbers(r.Items), Released: r.Released, Reason: r.Reason, Status: string(r.Status),
		CreatedAt: timeMicros(r.CreatedAt)}
}

func (d *decoder) refund(r *Refund) *eventra.Refund {
	return &eventra.Refund{ID: d.need(r.GetId()), BookingID: d.need(r.GetBooking()), PaymentID: d.need(r.GetPayment()), EventID: d.need(r.GetEvent()),
		N: int(r.GetN()), Amount: r.GetAmount().decode(), Items: itemNumbers(r.GetItems()), Released: r.GetReleased(), Reason: r.GetReason(),
		Status: eventra.RefundStatus(r.GetStatus()), CreatedAt: microsTime(r.GetCreatedAt())}
}

func encodeItemNumbers(items []int) []int32 {
	out := make([]int32, len(items))
	for i, no := range items {
		out[i] = int32(no)
	}
	return out
}

func itemNumbers(items []int32) (out []int) {
	for _, no := range items {
		out = append(out, int(no))
	}
	return out
}

// SetRefund sets a refund as the body.
func (e *Envelope) SetRefund(r *eventra.Refund) { e.Body = &Envelope_RefundOutcome{encodeRefund(r)} }

// Decode returns the refund that a command made or ended.
func (r *Refund) Decode() (*eventra.Refund, error) {
	var d decoder
	out := d.refund(r)
	return out, d.err
}
