package eventra_test

import (
	"fmt"
	"slices"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func (m *model) refund(booking, id eventra.ID) modelRefund {
	for _, r := range m.bookings[booking].refunds {
		if r.id == id {
			return r
		}
	}
	return modelRefund{}
}

// paidFor is what a booking's ticket has cost.
func (m *model) paidFor(b modelBooking, i int) int64 {
	switch {
	case b.tickets != nil:
		return b.tickets[i].amount
	case b.seats[i] == modelFloor:
		return modelPlace().Amount
	}
	return m.seatNamed(b.seats[i]).Price.Amount
}

// predictRefund judges item by item. An item whose price has gone back once costs nothing.
func (m *model) predictRefund(cmd *eventra.RefundItems, b modelBooking, live bool, change modelChange) prediction {
	if !live {
		return prediction{says: "refuse not_live"}
	}
	if m.refund(cmd.BookingID, cmd.RefundID).status != "" {
		return prediction{says: "answer " + string(b.status), answer: cmd.BookingID}
	}
	if b.status != eventra.BookingConfirmed {
		return prediction{says: "refuse not_refundable"}
	}
	r := modelRefund{id: cmd.RefundID, released: cmd.Release, status: eventra.RefundPending}
	paid, gone, unknown := int64(0), false, false
	for i := range b.seats {
		paid += m.paidFor(b, i)
		no := i + 1
		isGone := slices.Contains(b.gone, no)
		if cmd.All && isGone || !cmd.All && !slices.Contains(cmd.Items, no) {
			continue
		}
		gone = gone || isGone
		r.items = append(r.items, no)
		if !slices.ContainsFunc(b.refunds, func(r modelRefund) bool { return r.status != eventra.RefundFailed && slices.Contains(r.items, no) }) {
			r.amount += m.paidFor(b, i)
		}
	}
	for _, no := range cmd.Items {
		unknown = unknown || no > len(b.seats)
	}
	if cmd.Amount != eventra.ItemsPrice {
		r.amount = cmd.Amount
	}
	r.released = r.released && len(r.items) > 0
	switch {
	case unknown:
		return prediction{says: "refuse validation_failed"}
	case gone:
		return prediction{says: "refuse item_released"}
	case b.returned()+r.amount > paid:
		return prediction{says: "refuse refund_exceeds_payment"}
	case r.amount == 0 && !r.released:
		return prediction{says: "refuse not_refundable"}
	case r.amount == 0:
		r.status = eventra.RefundSucceeded
	}
	change.kind, change.refund = eventra.ItemsRefunded, r
	return accepted(change)
}

func (m *model) predictEnd(cmd *eventra.EndRefund, b modelBooking, live bool, change modelChange) prediction {
	r := m.refund(cmd.Refund.BookingID, cmd.Refund.ID)
	if live && r.status != eventra.RefundPending {
		return prediction{says: "answer " + string(b.status), answer: cmd.Refund.BookingID}
	}
	r.status = cmd.Outcome
	change.kind, change.refund = eventra.RefundEnded, r
	return accepted(change)
}

func (m *model) commitRefund(c modelChange, version uint64) {
	b := m.bookings[c.subject]
	b.refunds = slices.Clone(b.refunds)
	if c.kind == eventra.RefundEnded {
		for i := range b.refunds {
			if b.refunds[i].id == c.refund.id {
				b.refunds[i].status = c.refund.status
			}
		}
		m.bookings[c.subject] = b
		return
	}
	b.refunds = append(b.refunds, c.refund)
	for _, no := range c.refund.items {
		if c.refund.released {
			seat := b.seats[no-1]
			b.gone = append(slices.Clip(b.gone), no)
			delete(m.owner, seat)
			m.changed[seat], m.version = version, version
		}
	}
	if len(b.has()) == 0 {
		b.status = eventra.BookingRefunded
	}
	m.bookings[c.subject] = b
}

// refund makes a command about a refund: a new one, or one that ends.
func (s *modelSale) refund(what, a, b, c byte) eventra.Command {
	if what&1 != 0 && len(s.refunds) > 0 {
		r := s.refunds[int(a)%len(s.refunds)]
		if s.refundEnds[r.ID] == "" {
			s.refundEnds[r.ID] = []eventra.RefundStatus{eventra.RefundSucceeded, eventra.RefundFailed}[b%2]
		}
		return &eventra.EndRefund{Refund: r, Outcome: s.refundEnds[r.ID]}
	}
	s.refundIDs++
	cmd := &eventra.RefundItems{RefundID: named(fmt.Sprintf("r%d", s.refundIDs)), BookingID: s.booking(a, c), Amount: eventra.ItemsPrice,
		All: b%5 == 0, Release: b%3 != 0}
	if !cmd.All {
		for no := range 4 {
			if c>>no&1 != 0 {
				cmd.Items = append(cmd.Items, no+1)
			}
		}
	}
	if c >= 128 {
		cmd.Amount = int64(a) * 20
	}
	return cmd
}

func (s *modelSale) sameRefund(want modelRefund, got *eventra.Refund) {
	require.Equal(s.t, want, modelRefund{got.ID, got.Items, got.Amount.Amount, got.Released, got.Status})
}
