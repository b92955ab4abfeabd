package actors

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// promise is what somebody was told of a booking, and may count on.
type promise struct {
	seats     []string
	until     time.Time // the hold's deadline
	payment   eventra.ID
	paying    time.Time // to when the payment keeps the hold while it is open
	confirmed bool
	ended     bool // by its owner's wish
}

// taking is a time in which a seat was durably taken.
type taking struct {
	from, until time.Duration // until is 0 as long as it goes on
}

// checkStore looks at the rows after each commit.
func (s *simulation) checkStore(tx *transaction) {
	s.checkSeats(tx)
	s.checkTerms(tx)
	for no, seat := range s.db.seats {
		times := s.takings[no]
		open := len(times) > 0 && times[len(times)-1].until == 0
		switch taken := seat.Status != eventra.SeatAvailable; {
		case taken && !open:
			s.takings[no] = append(times, taking{from: s.clock})
		case !taken && open:
			times[len(times)-1].until = s.clock
		}
	}
	for id, p := range s.promises {
		s.checkPromise(id, p)
	}
}

// checkTerms looks for what a cancelled event must not sell. Whether a guard of
// the store refuses it does not matter: it must not be decided.
func (s *simulation) checkTerms(tx *transaction) {
	if s.house.terms.Status == eventra.EventPublished {
		return
	}
	for _, c := range tx.batch.Changes {
		if c.Kind.TakesSeats() || c.Kind == eventra.Confirmed || c.Kind == eventra.PaymentStarted {
			s.fail("the event is %s, and a batch has: %s", s.house.terms.Status, describe(tx.batch, nil))
		}
	}
}

// checkSeats looks for seats that are in two live bookings or in none, and for
// versions that go back.
func (s *simulation) checkSeats(tx *transaction) {
	owners := make([]eventra.ID, len(s.db.seats))
	for id, b := range s.db.bookings {
		if !b.Status.Live() {
			continue
		}
		for _, seat := range b.Seats {
			if !owners[seat.No].IsZero() {
				s.fail("seat %s is in two live bookings, %s and %s", seat.Name(), nameOf(id), nameOf(owners[seat.No]))
			}
			owners[seat.No] = id
		}
		if b.Status == eventra.BookingConfirmed != s.db.outbox[id] {
			s.fail("booking %s is %s; mail in the outbox: %v", nameOf(id), b.Status, s.db.outbox[id])
		}
	}
	for no, seat := range s.db.seats {
		if seat.Booking != owners[no] || (seat.Status == eventra.SeatAvailable) != seat.Booking.IsZero() {
			s.fail("seat %d is %s of %s, its live booking is %s", no, seat.Status, nameOf(seat.Booking), nameOf(owners[no]))
		}
		if seat.Version < s.versions[no] {
			s.fail("seat %d goes back from version %d to %d", no, s.versions[no], seat.Version)
		}
		s.versions[no] = seat.Version
	}
}

// checkPromise asks whether a booking is still what somebody was told.
func (s *simulation) checkPromise(id eventra.ID, p *promise) {
	b, stored := s.db.bookings[id]
	switch {
	case !stored:
		s.fail("booking %s was told, and is not stored", nameOf(id))
	case !slices.Equal(b.SeatNames(), p.seats):
		s.fail("booking %s was told with %v, and is stored with %v", nameOf(id), p.seats, b.SeatNames())
	case b.Status == eventra.BookingConfirmed, p.ended:
	case p.confirmed:
		s.fail("booking %s was told to be confirmed, and is %s", nameOf(id), b.Status)
	case b.Status == eventra.BookingHeld:
	case b.Status == eventra.BookingExpired && !s.storeTime().Before(p.until):
		if s.db.payments[p.payment].Status == eventra.PaymentPending && s.storeTime().Before(p.paying) {
			s.fail("booking %s has expired under its payer", nameOf(id))
		}
	default:
		s.fail("booking %s was told to be held until %v, and is %s", nameOf(id), p.until.Sub(opening), b.Status)
	}
}

// promise notes what somebody is told of a booking.
func (s *simulation) promise(b *eventra.Booking) {
	p := s.promises[b.ID]
	if p == nil {
		p = &promise{seats: b.SeatNames()}
		s.promises[b.ID] = p
	}
	if !slices.Equal(p.seats, b.SeatNames()) {
		s.fail("booking %s was told with %v, and now with %v", nameOf(b.ID), p.seats, b.SeatNames())
	}
	p.confirmed = p.confirmed || b.Status == eventra.BookingConfirmed
	if b.Status == eventra.BookingHeld {
		p.until = b.ExpiresAt
		if !b.PaymentID.IsZero() {
			p.payment, p.paying = b.PaymentID, b.PayingUntil
		}
	}
	s.checkPromise(b.ID, p)
}

// checkAnswer judges an answer when it is given.
func (s *simulation) checkAnswer(l *life, q *question, r *reply) {
	a := l.activation
	switch code := eventra.CodeOf(r.err); {
	case r.err == nil && r.booking != nil && r.booking.Status.Live():
		s.promise(r.booking)
	case r.seats != nil:
		s.checkRead(l, q, r.seats)
	case code == eventra.CodeSeatsUnavailable:
		for _, name := range r.err.(*eventra.Error).Seats {
			if no, _ := s.layout.Find(name); !s.wasTaken(a, no, q.asked) {
				s.fail("%s refuses seat %s, which nobody has", l.name, name)
			}
		}
	case code == eventra.CodeHoldExpired && !l.stepped:
		cmd := q.msg.(*eventra.StartPayment)
		if b := s.db.bookings[cmd.BookingID]; s.storeTime().Before(b.ExpiresAt) {
			s.fail("%s says that %s has run out %v too early", l.name, nameOf(b.ID), b.ExpiresAt.Sub(s.storeTime()))
		}
	}
}

// current reports whether an activation's epoch is the store's: what it says
// has to be true now. What others say was true when they lost it.
func (s *simulation) current(a *activation) bool { return a.epoch == s.db.epoch }

// wasTaken reports whether a seat was durably taken at some moment since the
// question, or is given back by a batch whose outcome nobody has been told.
func (s *simulation) wasTaken(a *activation, no eventra.SeatNo, asked time.Duration) bool {
	if !s.current(a) {
		asked = 0
	}
	for _, t := range s.takings[no] {
		if t.until == 0 || t.until >= asked {
			return true
		}
	}
	return a.inFlight != nil && slices.ContainsFunc(a.inFlight.Changes, func(c *eventra.Change) bool {
		return c.Kind.FreesSeats() && slices.ContainsFunc(c.Booking.Seats, func(seat eventra.BookedSeat) bool { return seat.No == no })
	})
}

// checkRead brings a reader's copy up to date by what has changed since, and
// compares.
func (s *simulation) checkRead(l *life, q *question, view *eventra.SeatsView) {
	if s.current(l.activation) && view.Version < q.copy.Version {
		s.fail("%s shows version %d after %d was seen", l.name, view.Version, q.copy.Version)
	}
	var e wire.Envelope
	e.SetSeatChanges(view, &wire.ReadSeats{Since: q.copy.Version, Seats: int32(len(q.copy.Status))})
	next, err := e.GetSeatChanges().Apply(q.copy)
	if err != nil || !slices.Equal(next.Status, view.Status) {
		s.fail("who had version %d and asks %s for what has changed has %v then instead of %v: %v", q.copy.Version, l.name, next.Status, view.Status, err)
	}
	if next.Version > s.copy.Version {
		s.copy = next
	}
}

// checkMemory looks at an activation after each outcome.
func (s *simulation) checkMemory(l *life, msg any) {
	a := l.activation
	if _, outcome := msg.(*completed); !outcome {
		return
	}
	if err := a.seats.CheckInvariants(); err != nil {
		s.fail("%s: %v", l.name, err)
	}
}

// checkQuiet looks at everything once nothing is under way any more.
func (s *simulation) checkQuiet() {
	for _, q := range s.desk.questions {
		if q.life != nil && !q.life.killed && q.answers != 1 {
			s.fail("question %d to %s (%s) was answered %d times", q.id, q.life.name, said(q.msg), q.answers)
		}
	}
	s.checkMoney()
	for _, id := range s.db.order {
		if b := s.db.bookings[id]; b.Status == eventra.BookingHeld {
			s.fail("booking %s is held for ever", nameOf(id))
		}
	}
	l := s.owner.resident
	if l == nil || l.activation.phase != active || !s.current(l.activation) {
		s.fail("the event has no activation that sells")
	}
	s.checkIdle(l)
}

// checkMoney follows each payment to its end.
func (s *simulation) checkMoney() {
	paid := map[eventra.ID]int{}
	for id, p := range s.db.payments {
		taken := s.bank[id] == eventra.PaymentSucceeded
		switch p.Status {
		case eventra.PaymentSucceeded:
			paid[p.BookingID]++
			if b := s.db.bookings[p.BookingID]; !taken || b.Status != eventra.BookingConfirmed || b.PaymentID != id {
				s.fail("payment %s succeeded for booking %s, which is %s and paid by %s; money taken: %v", nameOf(id), nameOf(b.ID), b.Status, nameOf(b.PaymentID), taken)
			}
		case eventra.PaymentRefundPending:
			if !taken {
				s.fail("payment %s is to be refunded, and was not taken", nameOf(id))
			}
			if p.Refusal == eventra.CodeSaleClosed && s.house.terms.Status == eventra.EventPublished {
				s.fail("payment %s is refunded as of a cancelled event", nameOf(id))
			}
		case eventra.PaymentDeclined, eventra.PaymentFailed:
			if taken {
				s.fail("payment %s was taken, and is %s", nameOf(id), p.Status)
			}
		default:
			s.fail("payment %s is %s for ever", nameOf(id), p.Status)
		}
	}
	for id, b := range s.db.bookings {
		if want := b.Status == eventra.BookingConfirmed; want != (paid[id] == 1) {
			s.fail("booking %s is %s and paid %d times", nameOf(id), b.Status, paid[id])
		}
	}
}

// checkIdle compares an activation that has nothing to do with the store, and
// looks for claims that were forgotten.
func (s *simulation) checkIdle(l *life) {
	a := l.activation
	if n := a.queued(); n > 0 || len(a.overdue) > 0 || len(a.reloaders) > 0 {
		s.fail("%s still has %d requests and %d holds due", l.name, n, len(a.overdue))
	}
	view := a.seats.View()
	for no, seat := range s.db.seats {
		if view.Status[no] != seat.Status || view.Changed[no] != seat.Version {
			s.fail("%s has seat %d as %s of version %d, the store as %s of %d", l.name, no, view.Status[no], view.Changed[no], seat.Status, seat.Version)
		}
		if seat.Status != eventra.SeatAvailable || s.house.terms.Status != eventra.EventPublished {
			continue
		}
		cmd := &eventra.HoldSeats{BookingID: idOf('b', 9999), UserID: idOf('u', 1), Seats: []string{s.house.seats[no].Name()}}
		d := a.seats.Decide(cmd, s.storeTime())
		if d.Verdict != eventra.Accept {
			s.fail("%s has forgotten a claim on seat %d, which is free: %v", l.name, no, d.Verdict)
		}
		a.seats.Withdraw(d.Change)
	}
}
