package actors

import (
	"context"
	"errors"
	"slices"
	"time"

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

// endRefund notes what the gateway answered about a refund that is PENDING.
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

// simReturns is what the gateway has returned in parts, or refused to, by key.
type simReturns map[string]simReturn

type simReturn struct {
	payment eventra.ID
	amount  int64 // zero if refused
}

var errNoAnswer = errors.New("no answer")

// ask asks the gateway for a refund. It may have been carried out although there is no answer.
func (g simReturns) ask(r *eventra.Refund, dice int) error {
	key := r.GatewayKey()
	if _, known := g[key]; !known && dice%8 < 6 {
		g[key] = simReturn{payment: r.PaymentID, amount: r.Amount.Amount}
		if dice%8 == 0 {
			g[key] = simReturn{payment: r.PaymentID}
		}
	}
	switch answer, known := g[key]; {
	case dice%8 > 4 || !known:
		return errNoAnswer
	case answer.amount == 0:
		return eventra.ErrRefundRefused
	}
	return nil
}

// refundItems is an administrator's, who may be gone after each step.
func (s *simulation) refundItems(booking *eventra.Booking) {
	s.refunds++
	cmd := &eventra.RefundItems{RefundID: idOf('r', s.refunds), BookingID: booking.ID, Amount: eventra.ItemsPrice, Release: s.chance(700)}
	if cmd.All = s.chance(200); !cmd.All {
		cmd.Items = []int{1 + s.rng.IntN(len(booking.Items))}
	}
	if s.chance(300) {
		cmd.Amount = 1 + s.rng.Int64N(booking.Total.Amount)
	}
	if promise := s.promises[booking.ID]; promise != nil && cmd.Release {
		promise.ended = true
	}
	for tries := 0; ; tries++ {
		r, err := s.network.doLive(booking.ID, cmd)
		if err == nil && s.chance(850) {
			s.endRefund(r.refund)
		}
		if tries == 4 || !eventra.Undecided(err) {
			return
		}
		s.sleep(s.between(time.Millisecond, 500*time.Millisecond))
	}
}

// endRefund is the step of package payments: the gateway is asked, and its answer noted.
func (s *simulation) endRefund(r *eventra.Refund) {
	if r.Status != eventra.RefundPending {
		return
	}
	outcome := eventra.RefundSucceeded
	dice := s.rng.IntN(8)
	if s.faultless {
		dice = 1
	}
	switch err := s.returns.ask(r, dice); {
	case errors.Is(err, eventra.ErrRefundRefused):
		outcome = eventra.RefundFailed
	case err != nil:
		return
	}
	_, _ = s.network.ask(&eventra.EndRefund{Refund: *r, Outcome: outcome})
}

// reconcileRefunds ends open refunds once, as the reconciler of package payments does.
func (s *simulation) reconcileRefunds() {
	for n := 1; n <= s.refunds; n++ {
		if r, ok := s.db.refunds[idOf('r', n)]; ok && s.storeTime().After(r.CreatedAt.Add(simGrace)) {
			s.endRefund(&r)
		}
	}
}

// frees reports whether the change puts seats back on sale.
func frees(c *eventra.Change) bool {
	return c.Kind.FreesSeats() || c.Kind == eventra.ItemsRefunded && c.Refund.Released
}

// checkRefunds looks for money that refunds return beyond what was paid. It counts what is
// stored, so that the store of the simulation needs no guard of its own.
func (s *simulation) checkRefunds() {
	owed := map[eventra.ID]int64{}
	for _, r := range s.db.refunds {
		if r.Status != eventra.RefundFailed {
			owed[r.PaymentID] += r.Amount.Amount
		}
	}
	for id, sum := range owed {
		if paid := s.db.payments[id].Amount.Amount; sum > paid {
			s.fail("refunds of payment %s return %d, more than %d", nameOf(id), sum, paid)
		}
	}
}

// checkReturned compares the refunds with the gateway's books, once nothing is under way.
func (s *simulation) checkReturned() {
	for id, r := range s.db.refunds {
		books := s.returns[r.GatewayKey()]
		switch {
		case r.Status == eventra.RefundPending:
			s.fail("refund %s is PENDING forever", nameOf(id))
		case r.Status == eventra.RefundFailed && books.amount != 0:
			s.fail("refund %s FAILED, and the gateway returned %d", nameOf(id), books.amount)
		case r.Status == eventra.RefundSucceeded && books.amount != r.Amount.Amount:
			s.fail("refund %s of %d SUCCEEDED, the gateway returned %d", nameOf(id), r.Amount.Amount, books.amount)
		}
	}
	keys := map[string]bool{}
	for _, r := range s.db.refunds {
		keys[r.GatewayKey()] = true
	}
	for key := range s.returns {
		if !keys[key] {
			s.fail("the gateway was asked for %s, which is not stored", key)
		}
	}
}

// refundedInParts reports whether the booking that a payment paid for has ended item by item.
func (s *simulation) refundedInParts(payment eventra.ID) bool {
	b := s.db.bookings[s.db.payments[payment].BookingID]
	return b.Status == eventra.BookingRefunded && !slices.ContainsFunc(b.Items, func(item eventra.Item) bool { return !item.Released })
}
