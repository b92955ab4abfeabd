package actors

import "github.com/eventra/eventra"

// checkEnd checks everything once nothing is under way any more.
func (s *simulation) checkEnd() {
	for _, q := range s.network.questions {
		if q.actor != nil && !q.actor.killed && q.answers != 1 {
			s.fail("question %d to %s (%s) was answered %d times", q.id, q.actor.name, describeMessage(q.msg), q.answers)
		}
	}
	s.checkMoney()
	s.checkReturned()
	for _, id := range s.db.order {
		if b := s.db.bookings[id]; b.Status == eventra.BookingHeld {
			s.fail("booking %s is held forever", nameOf(id))
		}
	}
	a := s.owner.resident
	if a == nil || a.activation.phase != active || !s.current(a.activation) {
		s.fail("the event has no activation that sells")
	}
	s.checkIdle(a)
}

// checkMoney follows each payment to its end.
func (s *simulation) checkMoney() {
	paid := map[eventra.ID]int{}
	for id, p := range s.db.payments {
		taken := s.gateway[id] == eventra.PaymentSucceeded
		switch p.Status {
		case eventra.PaymentSucceeded:
			paid[p.BookingID]++
			if b := s.db.bookings[p.BookingID]; !taken || b.Status != eventra.BookingConfirmed && !s.refundedInParts(id) || b.PaymentID != id {
				s.fail("payment %s succeeded for booking %s, which is %s and paid by %s; money taken: %v", nameOf(id), nameOf(b.ID), b.Status, nameOf(b.PaymentID), taken)
			}
		case eventra.PaymentRefundPending:
			if !taken {
				s.fail("payment %s is to be refunded, but was not taken", nameOf(id))
			}
			if p.Refusal == eventra.CodeSaleClosed && s.event.terms.Status == eventra.EventPublished {
				s.fail("payment %s is refunded as if the event was cancelled", nameOf(id))
			}
		case eventra.PaymentDeclined, eventra.PaymentFailed:
			if taken {
				s.fail("payment %s was taken, but is %s", nameOf(id), p.Status)
			}
		default:
			s.fail("payment %s is %s forever", nameOf(id), p.Status)
		}
	}
	for id, b := range s.db.bookings {
		if confirmed := b.Status == eventra.BookingConfirmed; confirmed != (paid[id] == 1) && !s.refundedInParts(b.PaymentID) {
			s.fail("booking %s is %s and paid %d times", nameOf(id), b.Status, paid[id])
		}
	}
}

// checkIdle compares an activation without work with the store, and looks for
// forgotten claims.
func (s *simulation) checkIdle(actor *simActor) {
	a := actor.activation
	if n := a.queued(); n > 0 || len(a.overdue) > 0 || len(a.reloaders) > 0 {
		s.fail("%s still has %d requests and %d holds due", actor.name, n, len(a.overdue))
	}
	view := a.seats.View()
	if floor := &view.Floors[0]; floor.Held+floor.Booked != s.db.floor.Taken || floor.Changed != s.db.floor.Version {
		s.fail("%s counts %d places of version %d, the store %d of %d", actor.name, floor.Held+floor.Booked, floor.Changed, s.db.floor.Taken, s.db.floor.Version)
	}
	for no, seat := range s.db.seats {
		if view.Status[no] != seat.Status || view.Changed[no] != seat.Version {
			s.fail("%s has seat %d as %s of version %d, the store as %s of %d", actor.name, no, view.Status[no], view.Changed[no], seat.Status, seat.Version)
		}
		if seat.Status != eventra.SeatAvailable || s.event.terms.Status != eventra.EventPublished {
			continue
		}
		cmd := &eventra.HoldSeats{BookingID: idOf('b', 9999), UserID: idOf('u', 9999), Seats: []string{s.event.seats[no].Name()}}
		d := a.seats.Decide(cmd, s.storeTime())
		if d.Verdict == eventra.Learn { // of a customer who has bought nothing
			a.seats.Ask()
			if err := a.seats.Learn(nil, []eventra.ID{d.Missing.Customer}, nil); err != nil {
				s.fail("%s: %v", actor.name, err)
			}
			d = a.seats.Decide(cmd, s.storeTime())
		}
		if eventra.CodeOf(d.Err) == eventra.CodeLeavesSingleSeat {
			s.checkRefusedPick(actor, cmd, d.Err)
			continue
		}
		if d.Verdict != eventra.Accept {
			s.fail("%s has forgotten a claim on seat %d, which is free: %v", actor.name, no, d.Verdict)
		}
		a.seats.Withdraw(d.Change)
	}
}
