package eventra_test

import (
	"bytes"
	"slices"
	"sort"
	"time"

	"github.com/eventra/eventra"
)

// model is the sale in the simplest form, however slow: maps from seats to
// bookings, no counters, no shared state. It was written from the documented
// contracts alone, and predicts the decisions of the SeatMap.
type model struct {
	terms    eventra.Terms
	hidden   bool // the event was never published
	seats    []eventra.Seat
	owner    map[string]eventra.ID // durable: seat to live booking
	changed  map[string]uint64     // version that last changed the seat
	bookings map[eventra.ID]modelBooking
	payments map[eventra.ID]eventra.PaymentStatus
	blocked  map[string]bool // durable
	blocks   map[eventra.ID]bool
	inFlight []modelChange
	version  uint64
	prices   *modelPrices // nil: seats have prices of their own
}

type modelBooking struct {
	user           eventra.ID
	status         eventra.BookingStatus
	seats          []string // and modelFloor for each place
	expires, grace time.Time
	payment        eventra.ID
	tickets        []modelTicket // of the seats, in the same order; nil without prices by type
	gone           []int         // numbers of items that refunds have released
	refunds        []modelRefund
}

// modelRefund is a refund, of a booking in the model.
type modelRefund struct {
	id       eventra.ID
	items    []int
	amount   int64
	released bool
	status   eventra.RefundStatus
}

// has are the seats that a live booking has.
func (b modelBooking) has() (seats []string) {
	for i, seat := range b.seats {
		if !slices.Contains(b.gone, i+1) {
			seats = append(seats, seat)
		}
	}
	return seats
}

// returned is the money that no further refund may return.
func (b modelBooking) returned() (sum int64) {
	for _, r := range b.refunds {
		if r.status != eventra.RefundFailed {
			sum += r.amount
		}
	}
	return sum
}

// modelChange is a change in flight. Its booking is its subject, or the successor
// for Rebooked.
type modelChange struct {
	kind             eventra.ChangeKind
	subject, booking eventra.ID
	user             eventra.ID
	seats            []string // for kinds that take seats, and modelFloor for each place
	tickets          []modelTicket
	payment          eventra.ID
	ends             eventra.PaymentStatus // of the payment
	refusal          eventra.Code          // of the payment: why it bought nothing
	endsAttempt      bool                  // PaymentEnded, RefundDue: the booking no longer notes the attempt
	refund           modelRefund           // for ItemsRefunded and RefundEnded
	written          []string              // for kinds that block: seats whose rows are written, sorted by number
	flips            int                   // of them, those whose status changes
}

// prediction is the expected decision, in the words of outcome.
type prediction struct {
	says   string
	names  []string    // of the seats in the error
	answer eventra.ID  // the booking of an answer
	change modelChange // of an accept
	picks  bool        // free seats were named: the orphan rule may decide otherwise
}

func newModel(terms eventra.Terms, seats []eventra.Seat) *model {
	return &model{terms: terms, seats: seats, owner: map[string]eventra.ID{}, changed: map[string]uint64{},
		blocked: map[string]bool{}, blocks: map[eventra.ID]bool{},
		bookings: map[eventra.ID]modelBooking{}, payments: map[eventra.ID]eventra.PaymentStatus{}}
}

func (m *model) live(id eventra.ID) (modelBooking, bool) {
	b, ok := m.bookings[id]
	return b, ok && (b.status == eventra.BookingHeld || b.status == eventra.BookingConfirmed)
}

func (m *model) hasInFlight(subject eventra.ID) bool {
	return slices.ContainsFunc(m.inFlight, func(c modelChange) bool { return c.subject == subject })
}

func (m *model) claimed(seat string) bool {
	return slices.ContainsFunc(m.inFlight, func(c modelChange) bool { return slices.Contains(c.seats, seat) }) || m.blocking(seat)
}

// blocking reports whether a change in flight blocks the seat or gives it back.
func (m *model) blocking(seat string) bool {
	return slices.ContainsFunc(m.inFlight, func(c modelChange) bool { return slices.Contains(c.written, seat) })
}

func (m *model) owned(seat string) bool { _, owned := m.owner[seat]; return owned }

// taken reports whether a seat is not on sale.
func (m *model) taken(seat string) bool { return m.owned(seat) || m.blocked[seat] }

// tickets counts a customer's seats: those of live bookings, and those that changes in
// flight would add.
func (m *model) tickets(user eventra.ID) (live, claimed int) {
	for id, b := range m.bookings {
		if _, isLive := m.live(id); isLive && b.user == user {
			live += len(b.has())
		}
	}
	for _, c := range m.inFlight {
		if c.user == user {
			claimed += len(c.seats)
		}
	}
	return live, claimed
}

// limits says whether the limit stands in the way of more tickets for a customer.
func (m *model) limits(user eventra.ID, more int) (refuse, wait bool) {
	limit := m.terms.MaxSeatsPerCustomer
	if limit == 0 {
		limit = 2 * m.terms.MaxSeatsPerBooking
	}
	live, claimed := m.tickets(user)
	return live+more > limit, live+claimed+more > limit
}

func (m *model) due(b modelBooking) time.Time {
	if b.grace.After(b.expires) {
		return b.grace
	}
	return b.expires
}

func accepted(c modelChange) prediction {
	return prediction{says: "accept " + kindNames[c.kind], change: c}
}

func (m *model) predict(cmd eventra.Command, now time.Time) prediction {
	if block, ok := cmd.(*eventra.SetBlocked); ok {
		return m.predictBlocked(block)
	}
	subject, user := subjectOfCommand(cmd)
	if m.hasInFlight(subject) {
		if _, expire := cmd.(*eventra.ExpireHold); expire {
			return prediction{says: "ignore"}
		}
		return prediction{says: "wait"}
	}
	b, live := m.live(subject)
	if user != nil && live && b.user != *user {
		return prediction{says: "refuse not_found"}
	}
	change := modelChange{subject: subject, booking: subject, user: b.user}
	switch cmd := cmd.(type) {
	case *eventra.HoldSeats:
		if live {
			return prediction{says: "answer " + string(b.status), answer: subject}
		}
		return m.predictHold(cmd, now)
	case *eventra.ExpireHold:
		cancelled := m.terms.Status == eventra.EventCancelled && b.payment == eventra.ID{}
		if !live || b.status != eventra.BookingHeld || m.due(b).After(now) && !cancelled {
			return prediction{says: "ignore"}
		}
		change.kind = eventra.Expired
		if cancelled {
			change.kind = eventra.Released
		}
	case *eventra.FinishPayment:
		return m.predictFinish(cmd, b, live, change)
	case *eventra.ReleaseHold:
		if live && (b.status == eventra.BookingConfirmed || b.payment != eventra.ID{}) {
			return prediction{says: "refuse not_cancellable"}
		}
		change.kind = eventra.Released
	case *eventra.RefundItems:
		return m.predictRefund(cmd, b, live, change)
	case *eventra.EndRefund:
		return m.predictEnd(cmd, b, live, change)
	case *eventra.RefundBooking:
		if live && b.status == eventra.BookingHeld {
			return prediction{says: "refuse not_refundable"}
		}
		change.kind = eventra.Refunded
	case *eventra.StartPayment:
		switch {
		case !live:
		case b.payment == cmd.PaymentID:
			return prediction{says: "answer " + string(b.status), answer: subject}
		case b.status == eventra.BookingConfirmed:
			return prediction{says: "refuse already_paid"}
		case b.payment != eventra.ID{}:
			return prediction{says: "refuse payment_in_progress"}
		case !now.Before(b.expires):
			return prediction{says: "refuse hold_expired"}
		case m.terms.Status == eventra.EventCancelled:
			return prediction{says: "refuse sale_closed"}
		}
		change.kind, change.payment, change.ends = eventra.PaymentStarted, cmd.PaymentID, eventra.PaymentPending
	}
	if !live {
		return prediction{says: "refuse not_live"}
	}
	return accepted(change)
}

// subjectOfCommand returns the booking that a command is about, and the user who
// has to own it; nil if any caller may send the command.
func subjectOfCommand(cmd eventra.Command) (booking eventra.ID, user *eventra.ID) {
	switch cmd := cmd.(type) {
	case *eventra.HoldSeats:
		return cmd.BookingID, &cmd.UserID
	case *eventra.ReleaseHold:
		return cmd.BookingID, &cmd.UserID
	case *eventra.StartPayment:
		return cmd.BookingID, &cmd.UserID
	case *eventra.ExpireHold:
		return cmd.BookingID, nil
	case *eventra.RefundBooking:
		return cmd.BookingID, nil
	case *eventra.RefundItems:
		return cmd.BookingID, nil
	case *eventra.EndRefund:
		return cmd.Refund.BookingID, nil
	}
	return cmd.(*eventra.FinishPayment).Payment.BookingID, nil
}

// predictBlocked judges seat by seat: a taken one forbids blocking, one in flight makes it wait.
func (m *model) predictBlocked(cmd *eventra.SetBlocked) prediction {
	change := modelChange{kind: eventra.Unblocked, subject: cmd.BlockingID}
	if cmd.Blocked {
		change.kind = eventra.Blocked
	}
	var taken, unknown []string
	known, wait := 0, m.hasInFlight(cmd.BlockingID)
	for _, seat := range m.seats {
		name := seat.Name()
		if s := cmd.Selection; !slices.Contains(s.Seats, name) && (seat.Section != s.Section || s.Row != "" && seat.Row != s.Row) {
			continue
		}
		known++
		switch {
		case cmd.Blocked && m.owned(name):
			taken = append(taken, name)
		case m.blocking(name) || cmd.Blocked && m.claimed(name):
			wait = true
		case cmd.Blocked || m.blocked[name]:
			change.written = append(change.written, name)
			change.flips += b2i(m.blocked[name] != cmd.Blocked)
		}
	}
	for _, name := range cmd.Selection.Seats {
		if !slices.ContainsFunc(m.seats, func(s eventra.Seat) bool { return s.Name() == name }) {
			unknown = append(unknown, name)
		}
	}
	switch {
	case unknown != nil:
		return prediction{says: "refuse unknown_seats", names: unknown}
	case known == 0:
		return prediction{says: "refuse validation_failed"}
	case m.terms.Status == eventra.EventCancelled:
		return prediction{says: "refuse event_locked"}
	case taken != nil && !m.hasInFlight(cmd.BlockingID):
		return prediction{says: "refuse seats_unavailable", names: taken}
	case wait:
		return prediction{says: "wait"}
	}
	return accepted(change)
}

func (m *model) predictHold(cmd *eventra.HoldSeats, now time.Time) prediction {
	if m.hidden {
		return prediction{says: "refuse event_not_found"}
	}
	if m.terms.Status == eventra.EventCancelled || m.terms.SaleEndsAt != nil && !now.Before(*m.terms.SaleEndsAt) {
		return prediction{says: "refuse sale_closed"}
	}
	change := modelChange{kind: eventra.Held, subject: cmd.BookingID, booking: cmd.BookingID, user: cmd.UserID}
	types, wrong := m.prices.typesOf(cmd)
	if cmd.Best != nil {
		if cmd.Best.Quantity < 1 || cmd.Best.Quantity > m.terms.MaxSeatsPerBooking || m.prices != nil && !m.prices.hasCategory(cmd.Best.Category) ||
			cmd.Best.Section != "" && !slices.ContainsFunc(m.seats, func(s eventra.Seat) bool { return s.Section == cmd.Best.Section }) {
			return prediction{says: "refuse validation_failed"}
		}
		if wrong != "" {
			return prediction{says: wrong}
		}
		if refuse, wait := m.limits(cmd.UserID, cmd.Best.Quantity); refuse {
			return prediction{says: "refuse customer_limit"}
		} else if wait {
			return prediction{says: "wait"}
		}
		sold := func(s string) bool { return m.sells(s, cmd.Best.Category, types) }
		if !slices.ContainsFunc(m.seats, func(s eventra.Seat) bool { return sold(s.Name()) }) {
			return prediction{says: "refuse ticket_type_not_sold"}
		}
		change.seats = m.bestBlock(cmd.Best, func(s string) bool { return !m.taken(s) && !m.claimed(s) && sold(s) })
		change.tickets = m.ticketsFor(change.seats, types)
		switch {
		case change.seats != nil:
			return accepted(change)
		case m.bestBlock(cmd.Best, func(s string) bool { return !m.taken(s) && sold(s) }) != nil:
			return prediction{says: "wait"}
		}
		return prediction{says: "refuse not_enough_seats"}
	}
	var unknown, taken []string
	seen, twice, claimed := map[string]bool{}, false, false
	tickets, odd, nowhere := ticketsOf(cmd, m.terms.MaxSeatsPerBooking)
	for _, name := range seated(tickets) {
		twice = twice || seen[name]
		seen[name] = true
		if !slices.ContainsFunc(m.seats, func(s eventra.Seat) bool { return s.Name() == name }) {
			unknown = append(unknown, name)
		}
		if m.taken(name) {
			taken = append(taken, name)
		}
		claimed = claimed || m.claimed(name)
	}
	limited, wait := m.limits(cmd.UserID, len(tickets))
	room, free := m.room(tickets)
	switch {
	case len(tickets) == 0 || len(tickets) > m.terms.MaxSeatsPerBooking || twice || odd:
		return prediction{says: "refuse validation_failed"}
	case wrong != "":
		return prediction{says: wrong}
	case limited:
		return prediction{says: "refuse customer_limit"}
	case wait:
		return prediction{says: "wait"}
	case unknown != nil:
		return prediction{says: "refuse unknown_seats", names: unknown}
	case taken != nil:
		return prediction{says: "refuse seats_unavailable", names: taken}
	case nowhere != "":
		return prediction{says: "refuse unknown_section", names: []string{nowhere}}
	case !room:
		return prediction{says: "refuse not_enough_places"}
	case claimed || !free:
		return prediction{says: "wait"}
	}
	for i, name := range tickets {
		if m.prices != nil && !m.sells(name, "", types[i:i+1]) {
			return prediction{says: "refuse ticket_type_not_sold"}
		}
	}
	change.seats, change.tickets = tickets, m.ticketsFor(tickets, types)
	p := accepted(change)
	p.picks = len(seated(tickets)) > 0
	return p
}

// worlds returns what the house may become: each change in flight is committed or not. The
// last one has all of them.
func (m *model) worlds() (worlds []orphanWorld) {
	claims := slices.DeleteFunc(slices.Clone(m.inFlight), func(c modelChange) bool { return c.seats == nil && c.written == nil })
	for committed := range 1 << len(claims) {
		w := orphanWorld{seats: m.seats, state: bytes.Repeat([]byte{freeMark}, len(m.seats))}
		for no, seat := range m.seats {
			if m.owned(seat.Name()) {
				w.state[no] = 'x'
			} else if m.blocked[seat.Name()] {
				w.state[no] = '#'
			}
		}
		for i, c := range claims {
			becomes := byte('x')
			switch c.kind {
			case eventra.Blocked:
				becomes = '#'
			case eventra.Unblocked:
				becomes = freeMark
			}
			for _, no := range w.numbersOf(slices.Concat(seated(c.seats), c.written)) {
				if committed>>i&1 != 0 {
					w.state[no] = becomes
				}
			}
		}
		worlds = append(worlds, w)
	}
	return worlds
}

func (m *model) numbersOf(tickets []string) []int {
	return orphanWorld{seats: m.seats}.numbersOf(seated(tickets))
}

// bestBlock tries every block of every row and sorts them by the rules: fewest
// orphans, nearest to front and centre, first in the layout's order.
func (m *model) bestBlock(want *eventra.BestAvailable, free func(string) bool) []string {
	type block struct {
		seats             []string
		orphans, distance int
	}
	var blocks []block
	inRow := map[string][]eventra.Seat{} // by section and row
	var labels []string
	for _, s := range m.seats {
		label := s.Section + "-" + s.Row
		if inRow[label] == nil {
			labels = append(labels, label)
		}
		inRow[label] = append(inRow[label], s)
	}
	rowsBefore := map[string]int{}
	for _, label := range labels {
		row := inRow[label]
		section := row[0].Section
		depth := rowsBefore[section]
		rowsBefore[section]++
		if want.Section != "" && section != want.Section {
			continue
		}
		isFree := func(at int) bool { return at >= 0 && at < len(row) && free(row[at].Name()) }
		for i := 0; i+want.Quantity <= len(row); i++ {
			last := i + want.Quantity - 1
			b := block{}
			for at := i; at <= last && isFree(at); at++ {
				b.seats = append(b.seats, row[at].Name())
			}
			if len(b.seats) < want.Quantity {
				continue
			}
			if isFree(i-1) && !isFree(i-2) {
				b.orphans++
			}
			if isFree(last+1) && !isFree(last+2) {
				b.orphans++
			}
			before, after := i, len(row)-i-want.Quantity
			b.distance = 2*depth + max(before-after, after-before)
			blocks = append(blocks, b)
		}
	}
	sort.SliceStable(blocks, func(i, j int) bool {
		if blocks[i].orphans != blocks[j].orphans {
			return blocks[i].orphans < blocks[j].orphans
		}
		return blocks[i].distance < blocks[j].distance
	})
	if len(blocks) == 0 {
		return nil
	}
	return blocks[0].seats
}

func (m *model) predictFinish(cmd *eventra.FinishPayment, b modelBooking, live bool, change modelChange) prediction {
	change.payment, change.ends = cmd.Payment.ID, cmd.Outcome
	change.endsAttempt = live && b.status == eventra.BookingHeld && b.payment == cmd.Payment.ID
	if cmd.Outcome != eventra.PaymentSucceeded {
		change.kind = eventra.PaymentEnded
		return accepted(change)
	}
	if s, rebooked := m.live(cmd.Payment.ID); rebooked {
		return prediction{says: "answer " + string(s.status), answer: cmd.Payment.ID}
	}
	back := func(why eventra.Code) prediction {
		change.kind, change.ends, change.refusal = eventra.RefundDue, eventra.PaymentRefundPending, why
		return accepted(change)
	}
	switch {
	case live && b.status == eventra.BookingConfirmed && b.payment == cmd.Payment.ID:
		return prediction{says: "answer CONFIRMED", answer: change.subject}
	case live && b.status == eventra.BookingConfirmed:
		return back(eventra.CodeAlreadyPaid)
	case m.terms.Status == eventra.EventCancelled:
		return back(eventra.CodeSaleClosed)
	case live:
		change.kind = eventra.Confirmed
		return accepted(change)
	}
	limited, wait := m.limits(cmd.Payment.UserID, len(cmd.Items))
	if limited {
		return back(eventra.CodeHoldExpired)
	}
	tickets := m.bookings[cmd.Payment.BookingID].seats
	room, free := m.room(tickets)
	if !room || slices.ContainsFunc(seated(tickets), m.taken) {
		return back(eventra.CodeHoldExpired)
	}
	if wait || !free || slices.ContainsFunc(seated(tickets), m.claimed) {
		return prediction{says: "wait"}
	}
	change.seats = tickets
	change.kind, change.booking, change.user = eventra.Rebooked, cmd.Payment.ID, cmd.Payment.UserID
	change.tickets = m.bookings[cmd.Payment.BookingID].tickets
	return accepted(change)
}

// refuses reports whether a guard of the store refuses a change alone.
func (m *model) refuses(c modelChange, now time.Time) bool {
	b := m.bookings[c.subject]
	switch c.kind {
	case eventra.Blocked, eventra.Unblocked:
		return m.blocks[c.subject]
	case eventra.Expired:
		return m.due(b).After(now)
	case eventra.PaymentStarted:
		return !b.expires.After(now)
	case eventra.ItemsRefunded:
		return slices.ContainsFunc(b.refunds, func(r modelRefund) bool { return r.id == c.refund.id })
	case eventra.RefundEnded:
		return m.refund(c.subject, c.refund.id).status != eventra.RefundPending
	case eventra.PaymentEnded, eventra.Rebooked, eventra.RefundDue:
		return m.payments[c.payment] != eventra.PaymentPending
	}
	return false
}

// commit makes a change durable.
func (m *model) commit(c modelChange, version uint64, now time.Time) {
	if c.kind.Blocks() {
		m.block(c, version)
		return
	}
	if c.kind == eventra.ItemsRefunded || c.kind == eventra.RefundEnded {
		m.commitRefund(c, version)
		return
	}
	b := m.bookings[c.booking]
	switch c.kind {
	case eventra.Held:
		b = modelBooking{user: c.user, status: eventra.BookingHeld, seats: c.seats, tickets: c.tickets, expires: now.Add(m.terms.Hold())}
	case eventra.Rebooked:
		b = modelBooking{user: c.user, status: eventra.BookingConfirmed, seats: c.seats, tickets: c.tickets, expires: now, payment: c.payment}
	case eventra.Released:
		b.status = eventra.BookingCancelled
	case eventra.Expired:
		b.status = eventra.BookingExpired
	case eventra.Refunded:
		b.status = eventra.BookingRefunded
	case eventra.Confirmed:
		b.status, b.payment, b.grace = eventra.BookingConfirmed, c.payment, time.Time{}
	case eventra.PaymentStarted:
		b.payment, b.grace = c.payment, now.Add(testGrace)
	case eventra.PaymentEnded, eventra.RefundDue:
		if c.endsAttempt {
			b.payment, b.grace = eventra.ID{}, time.Time{}
		}
	}
	m.bookings[c.booking] = b
	if c.payment != (eventra.ID{}) {
		m.payments[c.payment] = c.ends
	}
	if !c.kind.ChangesSeats() {
		return
	}
	m.version = version
	for _, seat := range b.has() {
		m.changed[seat] = version
		if seat == modelFloor {
			continue
		}
		if _, live := m.live(c.booking); live {
			m.owner[seat] = c.booking
		} else {
			delete(m.owner, seat)
		}
	}
}

func (m *model) block(c modelChange, version uint64) {
	m.blocks[c.subject] = true
	for _, seat := range c.written {
		if is := c.kind == eventra.Blocked; m.blocked[seat] != is {
			m.blocked[seat], m.changed[seat], m.version = is, version, version
		}
	}
}

// status returns the status that a seat shows.
func (m *model) status(seat string) eventra.SeatStatus {
	switch {
	case m.blocked[seat]:
		return eventra.SeatBlocked
	case !m.owned(seat):
		return eventra.SeatAvailable
	}
	if m.bookings[m.owner[seat]].status == eventra.BookingHeld {
		return eventra.SeatHeld
	}
	return eventra.SeatBooked
}

// snapshot returns what a new activation would load from the store.
func (m *model) snapshot() *eventra.Snapshot {
	s := empty(m.terms, slices.Clone(m.seats))
	if m.prices != nil {
		s.Pricing, s.Categories = m.prices.pricing(), m.categories()
	}
	nos := map[string]eventra.SeatNo{}
	for i, seat := range m.seats {
		name := seat.Name()
		nos[name] = eventra.SeatNo(i)
		s.States[i] = eventra.StoredState{Status: m.status(name), Booking: m.owner[name], Version: m.changed[name]}
	}
	s.Floors = []eventra.StoredFloor{{Version: m.changed[modelFloor], Floor: eventra.Floor{Name: modelFloor, Capacity: modelPlaces,
		Price: eventra.Money{Amount: modelPlace().Amount, Currency: "EUR"}}}}
	if m.prices != nil {
		s.Floors[0].CategoryNo = modelGallery
	}
	for id, b := range m.bookings {
		if _, live := m.live(id); !live {
			continue
		}
		stored := &eventra.Booking{ID: id, EventID: s.EventID, UserID: b.user, Status: b.status,
			ExpiresAt: b.expires, PaymentID: b.payment, PayingUntil: b.grace}
		for i, name := range b.seats {
			released := slices.Contains(b.gone, i+1)
			stored.Total.Currency = "EUR"
			if name == modelFloor {
				place := modelPlace()
				m.write(&place, name, b.tickets, i)
				place.Released = released
				stored.Items = append(stored.Items, place)
				stored.Total.Amount += place.Amount
				s.Floors[0].Taken += b2i(!released)
				continue
			}
			seat := m.seats[nos[name]]
			item := eventra.NewItem(nos[name], &seat, seat.Section)
			m.write(&item, name, b.tickets, i)
			item.Released = released
			stored.Items = append(stored.Items, item)
			stored.Total.Amount += item.Amount
		}
		for i, r := range b.refunds {
			stored.Refunds = append(stored.Refunds, eventra.Refund{ID: r.id, BookingID: id, PaymentID: b.payment, EventID: s.EventID, N: i + 1,
				Amount: eventra.Money{Amount: r.amount, Currency: stored.Total.Currency}, Items: r.items, Released: r.released, Status: r.status})
			if r.status == eventra.RefundSucceeded {
				stored.Refunded += r.amount
			}
		}
		s.Bookings = append(s.Bookings, stored)
	}
	return s
}
