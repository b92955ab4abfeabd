package actors

import (
	"context"
	"slices"

	"github.com/eventra/eventra"
)

// Refund implements EventStore.
func (db *simStore) Refund(_ context.Context, id eventra.ID) (*eventra.Refund, error) {
	if err := db.read(); err != nil {
		return nil, err
	}
	row, ok := db.refunds[id]
	if !ok {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such refund")
	}
	return &row, nil
}

// refundItems inserts a refund, unless its id was used before, and frees the seats that it
// releases. It does not guard the sum: checkRefunds looks for more than was paid.
func (db *simStore) refundItems(tx *transaction, c *eventra.Change) bool {
	r := *c.Refund
	if _, used := db.refunds[r.ID]; used {
		return false
	}
	b, p := db.bookings[r.BookingID], db.payments[r.PaymentID]
	tx.must(b.Status == eventra.BookingConfirmed && b.PaymentID == p.ID && p.Status == eventra.PaymentSucceeded && p.BookingID == b.ID)
	tx.must(!slices.ContainsFunc(db.refundsOf(p.ID), func(other eventra.Refund) bool { return other.N == r.N }))
	r.CreatedAt = tx.at
	put(tx, db.refunds, r.ID, r)
	b.Items = slices.Clone(b.Items)
	places := 0
	for _, no := range r.Items {
		item := &b.Items[no-1]
		tx.must(!item.Released)
		if !r.Released {
			continue
		}
		item.Released = true
		if !item.Seated() {
			places++
			continue
		}
		tx.must(db.seats[item.No].Booking == b.ID)
		db.s.freed(item.No)
		db.seat(tx, item.No, eventra.StoredState{Version: tx.batch.Version})
	}
	db.countPlaces(tx, places, -1)
	b.Status = c.Booking.Status
	put(tx, db.bookings, b.ID, b)
	return true
}

// endRefund notes the gateway's word on a refund that is PENDING.
func (db *simStore) endRefund(tx *transaction, c *eventra.Change) bool {
	r := db.refunds[c.Refund.ID]
	if r.Status != eventra.RefundPending {
		return false
	}
	r.Status = c.Refund.Status
	put(tx, db.refunds, r.ID, r)
	return true
}

// refundsOf are the refunds of a payment, in order.
func (db *simStore) refundsOf(payment eventra.ID) (found []eventra.Refund) {
	for _, r := range db.refunds {
		if r.PaymentID == payment {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b eventra.Refund) int { return a.N - b.N })
	return found
}
