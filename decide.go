package eventra

import (
	"errors"
	"time"
)

// Verdict is the core's decision on a command.
type Verdict uint8

const (
	// Refuse says no. Err says why, and rests on durable state alone.
	Refuse Verdict = iota
	// Accept says yes. Change is claimed and has to be persisted.
	Accept
	// Answer says that the command was carried out before. Booking is its outcome.
	Answer
	// Wait says that the outcome depends on a change in flight. Decide again when
	// that change has ended.
	Wait
	// Ignore says that there is nothing to do and no caller to tell.
	Ignore
	// Learn says that the outcome depends on bookings that were not read. Decide again when the store was asked for
	// what is Missing.
	Learn
)

// Decision is a verdict with its details.
type Decision struct {
	Verdict Verdict
	Change  *Change  // of Accept
	Booking *Booking // of Answer
	Refund  *Refund  // of Answer to a command about one
	Missing *Missing // of Learn
	Err     error    // of Refuse
}

// Errors that leave the outcome to the store, which knows ended bookings too.
var (
	// ErrNotLive says that no live booking has the id. One may have had it before.
	ErrNotLive = errors.New("no live booking has that id")
	// ErrRefusedByStore says that a guard of the store refused a decided change:
	// its deadline had passed, its id or its key was used before, or its payment had
	// ended.
	ErrRefusedByStore = errors.New("refused by what is stored")
	// ErrClaimKeyFirst says that a hold was not made with its idempotency key: the key
	// was used before, or the event's instance does not know of keys, or the hold comes
	// with a warning, which no booking keeps. Whoever claims the key learns what became
	// of it.
	ErrClaimKeyFirst = errors.New("the idempotency key has to be claimed first")
)

func refuse(err error) Decision  { return Decision{Verdict: Refuse, Err: err} }
func answer(b *Booking) Decision { return Decision{Verdict: Answer, Booking: b} }
func (m *SeatMap) accept(c *Change) Decision {
	m.claim(c)
	return Decision{Verdict: Accept, Change: c}
}

// Decide gives a verdict on a command; now is by the store's clock. An accepted
// change is claimed until Apply or Withdraw.
func (m *SeatMap) Decide(cmd Command, now time.Time) Decision {
	switch cmd := cmd.(type) {
	case *HoldSeats:
		return m.decideHold(cmd, now)
	case *ReleaseHold:
		return m.decideRelease(cmd)
	case *ExpireHold:
		return m.decideExpire(cmd, now)
	case *StartPayment:
		return m.decideStartPayment(cmd, now)
	case *FinishPayment:
		return m.decideFinishPayment(cmd)
	case *RefundBooking:
		return m.decideRefund(cmd)
	case *RefundItems:
		return m.decideRefundItems(cmd)
	case *EndRefund:
		return m.decideEndRefund(cmd)
	case *SetBlocked:
		return m.decideBlocked(cmd)
	}
	panic("unknown command")
}

func (m *SeatMap) decideHold(cmd *HoldSeats, now time.Time) Decision {
	if m.claims[cmd.BookingID] != nil {
		return Decision{Verdict: Wait}
	}
	if b := m.live[cmd.BookingID]; b != nil {
		if b.UserID != cmd.UserID {
			return refuse(Errorf(CodeNotFound, "no such booking"))
		}
		return answer(b)
	}
	if m.terms.Private() {
		return refuse(NoSuchEvent())
	}
	if !m.terms.OpenAt(now) {
		return refuse(Errorf(CodeSaleClosed, "the event is not on sale now"))
	}
	var faults Faults
	cmd.Validate(&faults, m.terms.MaxSeatsPerBooking)
	section := AnySection
	if cmd.Best != nil && cmd.Best.Section != "" {
		if section = m.layout.SectionNamed(cmd.Best.Section); section == AnySection {
			faults.Add("bestAvailable.section", "unknown_section", "the event has no such section")
		}
	}
	if cmd.Best != nil && cmd.Best.Category != "" && m.layout.Pricing.CategoryNamed(cmd.Best.Category) < 0 {
		faults.Add("bestAvailable.category", "unknown_category", "the event has no such category")
	}
	if err := faults.Err(); err != nil {
		return refuse(err)
	}
	types, err := m.layout.ticketTypes(cmd)
	if err != nil {
		return refuse(err)
	}
	var seats []SeatNo
	var wait bool
	lacks := m.lacksCustomer(cmd.UserID)
	if !lacks {
		wait, err = m.customers.allow(cmd.UserID, cmd.tickets())
	}
	switch {
	case err != nil:
		return refuse(err)
	case wait:
		return Decision{Verdict: Wait}
	}
	if cmd.Best != nil {
		seats, wait, err = m.chooseBest(section, cmd.Best, types)
	} else {
		seats, wait, err = m.chooseNamed(cmd.seatNames())
	}
	if err != nil {
		return refuse(err)
	}
	places, waitForPlaces, err := m.choosePlaces(cmd)
	switch {
	case err != nil:
		return refuse(err)
	case lacks: // what is gone, as most is in a rush, is refused without a look
		return learnFirst(cmd.UserID)
	case wait || waitForPlaces:
		return Decision{Verdict: Wait}
	}
	b, err := m.newHold(cmd, seats, places, types)
	if err != nil {
		return refuse(err)
	}
	warns, otherwise := m.obeyOrphanRule(cmd, seats)
	if otherwise != nil {
		return *otherwise
	}
	b.LeavesSingleSeat = warns
	return m.accept(&Change{Kind: Held, Booking: b, Attempt: cmd.Attempt})
}

// newHold prices the seats and places: each costs what it costs now, whatever becomes of the
// pricing. places are the floors of the tickets; nil if all have seats.
func (m *SeatMap) newHold(cmd *HoldSeats, seats []SeatNo, places []int16, types []int) (*Booking, error) {
	b := &Booking{ID: cmd.BookingID, EventID: m.eventID, UserID: cmd.UserID, Status: BookingHeld,
		Items: make([]Item, max(len(seats), len(places))), Total: Money{Currency: m.layout.Pricing.Currency}}
	for i := range b.Items {
		ticketType := m.layout.prices.standard
		if types != nil {
			ticketType = types[i]
		}
		item := &b.Items[i]
		if places != nil && places[i] != noFloor {
			*item = m.layout.newPlace(places[i], m.floors[places[i]].Name, ticketType)
		} else {
			*item = m.layout.newItem(seats[0], ticketType)
			seats = seats[1:]
		}
		if item.Amount == notSold {
			return nil, Errorf(CodeTicketTypeNotSold, "%s is not sold as %s", item.Name(), item.TicketType)
		}
		b.Total.Amount += item.Amount
	}
	return b, nil
}

// chooseNamed finds the named seats. A seat that is durably taken is a reason to
// refuse, a claimed one a reason to wait.
func (m *SeatMap) chooseNamed(names []string) (seats []SeatNo, wait bool, err error) {
	seats = make([]SeatNo, len(names))
	var unknown, taken []string
	for i, name := range names {
		no, known := m.layout.Find(name)
		if !known {
			unknown = append(unknown, name)
			continue
		}
		seats[i] = no
		switch seat := &m.seats[no]; {
		case seat.taken():
			taken = append(taken, name)
		case seat.claimed:
			wait = true
		}
	}
	switch {
	case unknown != nil:
		return nil, false, &Error{Code: CodeUnknownSeats, Message: "the event has no such seats", Seats: unknown}
	case taken != nil:
		return nil, false, &Error{Code: CodeSeatsUnavailable, Message: "some of the seats are taken", Seats: taken}
	}
	return seats, wait, nil
}

// owned finds a user's live booking. It returns a decision instead if there is
// none, or if a change of it is in flight.
func (m *SeatMap) owned(booking, user ID) (*Booking, *Decision) {
	b := m.live[booking]
	switch {
	case m.claims[booking] != nil:
		return nil, &Decision{Verdict: Wait}
	case m.lacks(booking):
		first := learnFirst(ID{}, booking)
		return nil, &first
	case b == nil:
		return nil, &Decision{Verdict: Refuse, Err: ErrNotLive}
	case b.UserID != user:
		return nil, &Decision{Verdict: Refuse, Err: Errorf(CodeNotFound, "no such booking")}
	}
	return b, nil
}

func (m *SeatMap) decideRelease(cmd *ReleaseHold) Decision {
	b, otherwise := m.owned(cmd.BookingID, cmd.UserID)
	switch {
	case otherwise != nil:
		return *otherwise
	case b.Status != BookingHeld:
		return refuse(Errorf(CodeNotCancellable, "only a held booking can be cancelled; this one is %s", b.Status))
	case !b.PaymentID.IsZero():
		return refuse(Errorf(CodeNotCancellable, "a payment for this booking is running"))
	}
	c := end(b, Released, BookingCancelled)
	if !cmd.By.IsZero() {
		entry := cmd.By.AboutBooking(AuditBookingRelease, b) // the store gives it an id: no guard refuses such a change
		c.Audit = &entry
	}
	return m.accept(c)
}

func (m *SeatMap) decideExpire(cmd *ExpireHold, now time.Time) Decision {
	b := m.live[cmd.BookingID]
	switch {
	case b == nil || m.claims[cmd.BookingID] != nil || b.Status != BookingHeld || now.Before(m.HoldEnds(b)):
		return Decision{Verdict: Ignore}
	case m.endsAtOnce(b):
		return m.accept(end(b, Released, BookingCancelled))
	}
	return m.accept(end(b, Expired, BookingExpired))
}

// HoldEnds returns the time at which an unpaid hold ends. A cancelled event ends its
// holds at once, but for those that a running payment keeps.
func (m *SeatMap) HoldEnds(b *Booking) time.Time {
	if m.endsAtOnce(b) {
		return b.CreatedAt
	}
	return b.Due()
}

func (m *SeatMap) endsAtOnce(b *Booking) bool {
	return m.terms.Status == EventCancelled && b.PaymentID.IsZero()
}

func (m *SeatMap) decideRefund(cmd *RefundBooking) Decision {
	if m.claims[cmd.BookingID] != nil {
		return Decision{Verdict: Wait}
	}
	b := m.live[cmd.BookingID]
	switch {
	case m.lacks(cmd.BookingID):
		return learnFirst(ID{}, cmd.BookingID)
	case b == nil:
		return refuse(ErrNotLive)
	case b.Status != BookingConfirmed:
		return refuse(Errorf(CodeNotRefundable, "only a confirmed booking can be refunded; this one is %s", b.Status))
	}
	c := end(b, Refunded, BookingRefunded)
	if m.terms.Status == EventCancelled {
		c.Notice = &Notice{Kind: MailCancelled, About: m.eventID, Amount: b.Refundable()}
	}
	c.Audit = cmd.audit(b)
	return m.accept(c)
}

// end makes the change that ends a live booking and frees its seats.
func end(live *Booking, kind ChangeKind, status BookingStatus) *Change {
	b := *live
	b.Status = status
	return &Change{Kind: kind, Booking: &b}
}
