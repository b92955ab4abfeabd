package actors

import (
	"errors"
	"slices"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// promise is what the answers said about a booking: its owner relies on it.
type promise struct {
	seats     []string
	total     eventra.Money
	until     time.Time // the hold's deadline
	payment   eventra.ID
	paying    time.Time // until then the payment keeps the hold, while it is open
	confirmed bool
	ended     bool // its owner, or an administrator, asked for that
}

// takenPeriod is a time during which a seat was durably taken.
type takenPeriod struct {
	from, until time.Duration // until is 0 as long as it lasts
}

// checkStore checks the tables after each commit.
func (s *simulation) checkStore(tx *transaction) {
	s.checkSeats(tx)
	s.checkPrices()
	s.checkTerms(tx)
	s.checkCustomers()
	s.checkRefunds()
	s.checkKeys()
	s.checkBlocks()
	s.checkPlaces()
	for no, seat := range s.db.seats {
		times := s.takenPeriods[no]
		open := len(times) > 0 && times[len(times)-1].until == 0
		switch taken := seat.Status != eventra.SeatAvailable; {
		case taken && !open:
			s.takenPeriods[no] = append(times, takenPeriod{from: s.clock})
		case !taken && open:
			times[len(times)-1].until = s.clock
		}
	}
	for id, p := range s.promises {
		s.checkPromise(id, p)
	}
}

// checkTerms looks for changes that a cancelled event must not make. It does not
// matter that a guard of the store would refuse them: they must not be decided.
func (s *simulation) checkTerms(tx *transaction) {
	if s.event.terms.Status == eventra.EventPublished {
		return
	}
	for _, c := range tx.batch.Changes {
		if c.Kind.TakesSeats() || c.Kind == eventra.Confirmed || c.Kind == eventra.PaymentStarted {
			s.fail("the event is %s, but a batch has: %s", s.event.terms.Status, describeBatch(tx.batch, nil))
		}
		if c.Kind == eventra.Expired && c.Booking.PaymentID.IsZero() {
			s.fail("booking %s waits for its deadline, though the event is %s", nameOf(c.Booking.ID), s.event.terms.Status)
		}
		if c.Kind == eventra.Refunded && (c.Notice == nil || c.Notice.Kind != eventra.MailCancelled) {
			s.fail("booking %s is refunded, and its buyer is not told that the event is %s", nameOf(c.Booking.ID), s.event.terms.Status)
		}
	}
}

// checkCustomers looks for customers who have more seats than they may. It counts what is
// stored, so that the store of the simulation needs no guard of its own.
func (s *simulation) checkCustomers() {
	has := map[eventra.ID]int{}
	for _, b := range s.db.bookings {
		if b.Status.Live() {
			for i := range b.Items {
				if !b.Items[i].Released {
					has[b.UserID]++
				}
			}
		}
	}
	for user, n := range has {
		if limit := s.event.terms.CustomerLimit(); n > limit {
			s.fail("%s has %d seats, more than %d", nameOf(user), n, limit)
		}
		s.noteTickets(user, n)
	}
	for user := range s.tickets {
		s.noteTickets(user, has[user])
	}
}

// ticketsSince is how many seats a customer has, durably, since a time.
type ticketsSince struct {
	from time.Duration
	n    int
}

func (s *simulation) noteTickets(user eventra.ID, n int) {
	if times := s.tickets[user]; len(times) == 0 || times[len(times)-1].n != n {
		s.tickets[user] = append(times, ticketsSince{s.clock, n})
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
		for _, seat := range b.OwnSeats() {
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
		taken := seat.Status == eventra.SeatHeld || seat.Status == eventra.SeatBooked
		if seat.Booking != owners[no] || taken == seat.Booking.IsZero() {
			s.fail("seat %d is %s of %s, its live booking is %s", no, seat.Status, nameOf(seat.Booking), nameOf(owners[no]))
		}
		if seat.Version < s.versions[no] {
			s.fail("seat %d goes back from version %d to %d", no, s.versions[no], seat.Version)
		}
		s.versions[no] = seat.Version
	}
}

// checkPrices looks for bookings whose items do not add up to their amount, and for buyers
// who paid another one.
func (s *simulation) checkPrices() {
	for id, b := range s.db.bookings {
		var sum int64
		for i := range b.Items {
			sum += b.Items[i].Amount
		}
		if sum != b.Total.Amount {
			s.fail("booking %s is of %d, its items of %d", nameOf(id), b.Total.Amount, sum)
		}
		if p := s.db.payments[b.PaymentID]; b.Status == eventra.BookingConfirmed && p.Amount != b.Total {
			s.fail("booking %s is of %v, its payment of %v", nameOf(id), b.Total, p.Amount)
		}
	}
}

// checkPromise checks that a promise is kept.
func (s *simulation) checkPromise(id eventra.ID, p *promise) {
	b, stored := s.db.bookings[id]
	switch {
	case !stored:
		s.fail("booking %s was promised, but is not stored", nameOf(id))
	case !slices.Equal(b.SeatNames(), p.seats):
		s.fail("booking %s was promised with %v, but is stored with %v", nameOf(id), p.seats, b.SeatNames())
	case b.Total != p.total:
		s.fail("booking %s was promised for %v, but is stored with %v", nameOf(id), p.total, b.Total)
	case b.Status == eventra.BookingConfirmed, p.ended:
	case p.confirmed:
		s.fail("booking %s was promised to be confirmed, but is %s", nameOf(id), b.Status)
	case b.Status == eventra.BookingHeld:
	case b.Status == eventra.BookingCancelled && s.event.terms.Status == eventra.EventCancelled &&
		s.db.payments[p.payment].Status != eventra.PaymentPending:
	case b.Status == eventra.BookingExpired && !s.storeTime().Before(p.until):
		if s.db.payments[p.payment].Status == eventra.PaymentPending && s.storeTime().Before(p.paying) {
			s.fail("booking %s expired during its payment", nameOf(id))
		}
	default:
		s.fail("booking %s was promised until %v, but is %s", nameOf(id), p.until.Sub(simStart), b.Status)
	}
}

// promise records what an answer says about a booking.
func (s *simulation) promise(b *eventra.Booking) {
	p := s.promises[b.ID]
	if p == nil {
		p = &promise{seats: b.SeatNames(), total: b.Total}
		s.promises[b.ID] = p
	}
	if row := s.db.bookings[b.ID]; b.Reference != row.Reference {
		s.fail("booking %s was promised as %v, and is stored as %v", nameOf(b.ID), b.Reference, row.Reference)
	}
	if !slices.Equal(p.seats, b.SeatNames()) {
		s.fail("booking %s was promised with %v, and now with %v", nameOf(b.ID), p.seats, b.SeatNames())
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
func (s *simulation) checkAnswer(a *simActor, q *question, r *reply) {
	switch code := eventra.CodeOf(r.err); {
	case r.err == nil && r.booking != nil && r.booking.Status.Live():
		s.promise(r.booking)
	case r.seats != nil:
		s.checkRead(a, q, r.seats)
	case code == eventra.CodeCustomerLimit:
		s.checkLimited(a, q, r.err)
	case code == eventra.CodeSeatsUnavailable:
		var refusal *eventra.Error
		_ = errors.As(r.err, &refusal)
		for _, name := range refusal.Seats {
			if no, _ := s.layout.Find(name); !s.wasTaken(a.activation, no, q.asked) {
				s.fail("%s refuses seat %s, which is free", a.name, name)
			}
		}
	case code == eventra.CodeUnknownSeats:
		s.checkUnknown(a, r.err)
	case code == eventra.CodeLeavesSingleSeat:
		s.checkRefusedPick(a, q.msg.(*eventra.HoldSeats), r.err)
	case code == eventra.CodeNotEnoughPlaces:
		s.checkShortage(a, q, r.err)
	case code == eventra.CodeEventNotFound && !s.event.draft:
		s.fail("%s does not know the event", a.name)
	case code == eventra.CodeSaleClosed && s.event.terms.Private():
		s.fail("%s tells of an event that never was published", a.name)
	case code == eventra.CodeHoldExpired && !a.stepped:
		cmd := q.msg.(*eventra.StartPayment)
		if b := s.db.bookings[cmd.BookingID]; s.storeTime().Before(b.ExpiresAt) {
			s.fail("%s calls %s expired %v too early", a.name, nameOf(b.ID), b.ExpiresAt.Sub(s.storeTime()))
		}
	}
}

// checkLimited checks that a customer who is refused for the limit had so many seats at some
// moment since the question, or that the batch in flight takes some back.
func (s *simulation) checkLimited(a *simActor, q *question, err error) {
	var refusal *eventra.Error
	_ = errors.As(err, &refusal)
	cmd, most := q.msg.(*eventra.HoldSeats), 0
	user := cmd.UserID
	asked := q.asked
	if !s.current(a.activation) {
		asked = 0
	}
	times := s.tickets[user]
	for i, t := range times {
		if i == len(times)-1 || times[i+1].from >= asked {
			most = max(most, t.n)
		}
	}
	if b := a.activation.inFlight; b != nil {
		for _, c := range b.Changes {
			if frees(c) && c.Booking.UserID == user {
				most += len(c.Booking.Items)
			}
		}
	}
	wanted := len(cmd.Seats)
	for _, item := range cmd.Items {
		wanted += max(item.Quantity, 1)
	}
	if cmd.Best != nil {
		wanted = cmd.Best.Quantity
	}
	if refusal.Customer.Held > most || most+wanted <= s.event.terms.CustomerLimit() {
		s.fail("%s refuses %s %d seats, who has %d, for %d", a.name, nameOf(user), wanted, most, refusal.Customer.Held)
	}
}

// current reports whether an activation's epoch is the store's. If so, its answers
// are true now; otherwise they were true when it lost the event.
func (s *simulation) current(a *activation) bool { return a.epoch == s.db.epoch }

// wasTaken reports whether a seat was durably taken at some moment since the
// question, or is being freed by the batch in flight.
func (s *simulation) wasTaken(a *activation, no eventra.SeatNo, asked time.Duration) bool {
	if !s.current(a) {
		asked = 0
	}
	for _, t := range s.takenPeriods[no] {
		if t.until == 0 || t.until >= asked {
			return true
		}
	}
	return a.inFlight != nil && slices.ContainsFunc(a.inFlight.Changes, func(c *eventra.Change) bool {
		if c.Kind == eventra.Unblocked {
			return slices.Contains(c.Seats, no)
		}
		return frees(c) && slices.ContainsFunc(c.Booking.Items, func(item eventra.Item) bool { return item.No == no })
	})
}

// checkRead applies the changes since a reader's copy to that copy, and compares.
func (s *simulation) checkRead(a *simActor, q *question, view *eventra.SeatsView) {
	if s.current(a.activation) && view.Version < q.copy.Version {
		s.fail("%s shows version %d after a reader saw %d", a.name, view.Version, q.copy.Version)
	}
	var e wire.Envelope
	e.SetSeatChanges(view, &wire.ReadSeats{Since: q.copy.Version, Seats: int32(len(q.copy.Status))})
	next, err := e.GetSeatChanges().Apply(q.copy)
	if err != nil || !slices.Equal(next.Status, view.Status) || !slices.Equal(next.Floors, view.Floors) {
		s.fail("changes since version %d at %s make %v instead of %v: %v", q.copy.Version, a.name, next.Status, view.Status, err)
	}
	if next.Version > s.copy.Version {
		s.copy = next
	}
}

// checkMemory checks an activation after each completion.
func (s *simulation) checkMemory(a *simActor, msg any) {
	if _, completion := msg.(*completed); !completion {
		return
	}
	if err := a.activation.seats.CheckInvariants(); err != nil {
		s.fail("%s: %v", a.name, err)
	}
}
