package eventra

import (
	"fmt"
	"slices"
	"time"
)

// SeatMap has every seat of one event and every live booking, and decides about
// them. It keeps two kinds of state apart: durable state, the only one that is
// shown and that justifies a refusal, and the claims of changes that are decided
// and not yet committed.
//
// [SeatMap.Decide] makes a claim; exactly one call of [SeatMap.Apply] or
// [SeatMap.Withdraw] ends it. A SeatMap is not safe for concurrent use.
type SeatMap struct {
	eventID ID
	terms   Terms
	layout  *Layout
	version uint64

	layoutVersion uint64

	seats  []seatState
	live   map[ID]*Booking // as stored
	claims map[ID]*Change  // by Change.subject

	customers customers
	floors    floors
	counted   countedPlaces

	total    SectionTally
	sections []SectionTally
	rowFree  []int32 // by row: seats neither taken nor claimed

	view    *SeatsView // as View returned it last; nil if it is to be made anew
	changed []SeatNo   // since then, perhaps more than once
}

type seatState struct {
	owner    *Booking // the one in SeatMap.live; nil if available or blocked
	version  uint64
	blocked  bool
	removed  bool
	claimed  bool // by a change in flight
	blocking bool // that change blocks the seat or gives it back
}

// taken reports whether the seat is not on sale: somebody's, or kept off sale.
func (s *seatState) taken() bool { return s.owner != nil || s.blocked || s.removed }

func (s *seatState) status() SeatStatus {
	switch {
	case s.blocked:
		return SeatBlocked
	case s.removed:
		return SeatRemoved
	}
	return statusOf(s.owner)
}

// statusOf is the status of the seats of a live booking, or of seats that none has.
func statusOf(owner *Booking) SeatStatus {
	switch {
	case owner == nil:
		return SeatAvailable
	case owner.Status == BookingHeld:
		return SeatHeld
	default:
		return SeatBooked
	}
}

// NewSeatMap makes the seat map of a stored event. Rows that contradict each other
// are an error: to sell from them would spread the damage.
func NewSeatMap(s *Snapshot) (*SeatMap, error) {
	if len(s.Seats) != len(s.States) {
		return nil, fmt.Errorf("event %v: %d seats with %d states", s.EventID, len(s.Seats), len(s.States))
	}
	m := &SeatMap{
		eventID: s.EventID,
		terms:   s.Terms,
		layout:  NewPricedLayout(s.Seats, s.Categories, s.Pricing, PlannedFloors(s.Floors)...),
		seats:   make([]seatState, len(s.Seats)),
		live:    make(map[ID]*Booking, len(s.Bookings)),
		claims:  map[ID]*Change{},

		version:       s.LayoutVersion,
		layoutVersion: s.LayoutVersion,
	}
	m.sections = make([]SectionTally, len(m.layout.Sections))
	m.rowFree = make([]int32, len(m.layout.rows))
	for _, b := range s.Bookings {
		m.live[b.ID] = b
	}
	m.customers = newCustomers(s.Terms.CustomerLimit(), len(s.Seats)+placesOf(s.Floors), m.live)
	var err error
	if m.floors, err = newFloors(s.Floors, m.layout, m.live, s.PlacesCounted); err != nil {
		return nil, fmt.Errorf("event %v: %w", s.EventID, err)
	}
	for _, floor := range m.floors {
		m.counted.left += floor.counted
		m.version = max(m.version, floor.Changed)
	}
	for i, stored := range s.States {
		seat := &m.seats[i]
		seat.version = stored.Version
		m.version = max(m.version, stored.Version)
		switch stored.Status {
		case SeatAvailable:
		case SeatBlocked:
			seat.blocked = true
		case SeatRemoved:
			seat.removed = true
		default:
			seat.owner = m.live[stored.Booking]
		}
		if seat.status() != stored.Status {
			return nil, fmt.Errorf("event %v: seat %s is %v for booking %v, which is not live or not in that state",
				s.EventID, s.Seats[i].Name(), stored.Status, stored.Booking)
		}
		if seat.removed != s.Seats[i].Removed() {
			return nil, fmt.Errorf("event %v: seat %d is %v and has the name %s", s.EventID, i, stored.Status, s.Seats[i].Name())
		}
		if !seat.removed {
			m.countSeat(SeatNo(i), seat.status())
		}
	}
	return m, m.CheckInvariants()
}

// Supersede makes m, which was read from a store, a later version than shown, which was
// shown before, if the store has lost commits since: otherwise a version would mean two
// states, and readers would keep the lost one.
func (m *SeatMap) Supersede(shown *SeatMap) {
	if !m.contradicts(shown) {
		return
	}
	m.version = max(m.version, shown.version) + 1
	for i := range m.seats {
		m.seats[i].version = m.version
	}
	for i := range m.floors {
		m.floors[i].Changed = m.version
	}
	m.view = nil
}

// contradicts reports whether a seat of m is not what became of it by commits alone.
func (m *SeatMap) contradicts(shown *SeatMap) bool {
	if m.floors.contradicts(shown.floors) {
		return true
	}
	for i := range shown.seats {
		was := &shown.seats[i]
		if i >= len(m.seats) {
			return true
		}
		if is := &m.seats[i]; is.version < was.version || is.version == was.version && is.status() != was.status() {
			return true
		}
	}
	return false
}

func (m *SeatMap) countSeat(no SeatNo, status SeatStatus) {
	price := m.layout.Seats[no].Price
	section := &m.sections[m.layout.section[no]]
	section.Name = m.layout.Sections[m.layout.section[no]]
	for _, t := range []*SectionTally{&m.total, section} {
		if t.Total == 0 || price.Amount < t.PriceFrom.Amount {
			t.PriceFrom = price
		}
		t.Total++
		t.add(status, 1)
	}
	if status == SeatAvailable {
		m.rowFree[m.layout.row[no]]++
	}
}

// EventID returns the id of the event.
func (m *SeatMap) EventID() ID { return m.eventID }

// Terms returns the terms of the sale.
func (m *SeatMap) Terms() Terms { return m.terms }

// Version returns the version of the last batch that changed a seat.
func (m *SeatMap) Version() uint64 { return m.version }

// Len returns the number of seats.
func (m *SeatMap) Len() int { return len(m.seats) }

// Live returns a live booking as it is stored, or nil if no live booking that the map has read has the id.
func (m *SeatMap) Live(id ID) *Booking { return m.live[id] }

// Holds calls f for every HELD booking.
func (m *SeatMap) Holds(f func(*Booking)) {
	for _, b := range m.live {
		if b.Status == BookingHeld {
			f(b)
		}
	}
}

// View returns all seats as they are stored: the same view until a seat changes.
func (m *SeatMap) View() *SeatsView {
	switch {
	case m.view == nil:
		m.view = m.newView()
	case m.view.Version != m.version || len(m.changed) > 0:
		m.view = m.nextView()
	}
	m.changed = m.changed[:0]
	return m.view
}

func (m *SeatMap) newView() *SeatsView {
	view := &SeatsView{EventID: m.eventID, Version: m.version, Layout: m.layout, LayoutVersion: m.layoutVersion, Floors: m.floors.views(),
		Status: make([]SeatStatus, len(m.seats)), Changed: make([]uint64, len(m.seats))}
	for i := range m.seats {
		view.Status[i], view.Changed[i] = m.seats[i].status(), m.seats[i].version
	}
	return view
}

// nextView copies the last view, which takes a tenth of the time of making one, and brings
// it up to date.
func (m *SeatMap) nextView() *SeatsView {
	view := *m.view
	view.Version, view.Status, view.Changed = m.version, slices.Clone(view.Status), slices.Clone(view.Changed)
	view.Floors = m.floors.views()
	for _, no := range m.changed {
		view.Status[no], view.Changed[no] = m.seats[no].status(), m.seats[no].version
	}
	return &view
}

// noteChange notes that the last view does not show a seat as it is. A view that nobody
// has asked for during many changes is forgotten.
func (m *SeatMap) noteChange(no SeatNo) {
	if m.view == nil {
		return
	}
	if m.changed = append(m.changed, no); len(m.changed) > len(m.seats)/2 {
		m.view, m.changed = nil, nil
	}
}

// Availability returns the counters as they are stored.
func (m *SeatMap) Availability() *Availability {
	a := &Availability{EventID: m.eventID, Version: m.version, Total: m.total,
		Sections: append(make([]SectionTally, 0, len(m.sections)+len(m.floors)), m.sections...)}
	for i := range m.floors {
		floor := m.floors[i].tally()
		a.Sections = append(a.Sections, floor)
		a.Total.join(&floor)
	}
	return a
}

// Tickets counts seats and places as they are stored, without those that are blocked.
func (m *SeatMap) Tickets() (free, held, booked int) {
	free, held, booked = m.total.Available, m.total.Held, m.total.Booked
	for i := range m.floors {
		floor := m.floors[i].tally()
		free, held, booked = free+floor.Available, held+floor.Held, booked+floor.Booked
	}
	return free, held, booked
}

// Apply ends a claim because the change was committed: in a batch of that version,
// at that time of the store's clock. It fills in the times that only the store
// knows, and releases the items of an ended booking, so it must come before anybody reads
// the change's booking or payment.
func (m *SeatMap) Apply(c *Change, version uint64, at time.Time) {
	m.unclaim(c)
	if c.Payment != nil {
		c.Payment.UpdatedAt = at
	}
	switch c.Kind {
	case Held:
		c.Booking.CreatedAt, c.Booking.ExpiresAt = at, at.Add(m.terms.Hold())
		m.take(c.Booking, version)
	case Rebooked:
		c.Booking.CreatedAt, c.Booking.ExpiresAt = at, at
		m.take(c.Booking, version)
	case Released, Expired, Refunded:
		m.free(c.Booking, version)
	case Confirmed:
		m.move(c.Booking, version)
	case ItemsRefunded:
		m.refundItems(c, version, at)
	case PaymentStarted:
		c.Payment.CreatedAt = at
		c.Booking.PayingUntil = at.Add(c.Grace)
		m.replace(c.Booking)
	case PaymentEnded, RefundDue, RefundEnded:
		if c.Booking != nil {
			m.replace(c.Booking)
		}
	case Blocked, Unblocked:
		m.block(c, version, at)
		version = c.Blocking.Version
	default:
		panic(fmt.Sprintf("unknown change %d", c.Kind))
	}
	if c.Kind.ChangesSeats() && (c.Refund == nil || c.Refund.Released) {
		m.version = max(m.version, version)
	}
}

// Withdraw ends a claim because the change was not committed.
func (m *SeatMap) Withdraw(c *Change) { m.unclaim(c) }

func (m *SeatMap) claim(c *Change) {
	if m.claims[c.subject()] != nil {
		panic("two changes of one booking in flight")
	}
	m.claims[c.subject()] = c
	if c.Kind.Blocks() {
		m.claimBlocking(c)
	}
	if !c.Kind.TakesSeats() {
		return
	}
	m.customers.add(c.Booking.UserID, 0, c.Booking.tickets())
	m.floors.claim(c.Booking, 1)
	for _, item := range c.Booking.OwnSeats() {
		seat := &m.seats[item.No]
		if seat.taken() || seat.claimed {
			panic("claimed a seat that is not free: " + item.Name())
		}
		seat.claimed = true
		m.rowFree[m.layout.row[item.No]]--
	}
}

func (m *SeatMap) unclaim(c *Change) {
	if m.claims[c.subject()] != c {
		panic("ended a change that is not in flight")
	}
	delete(m.claims, c.subject())
	if c.Kind.Blocks() {
		m.unclaimBlocking(c)
	}
	if !c.Kind.TakesSeats() {
		return
	}
	m.customers.add(c.Booking.UserID, 0, -c.Booking.tickets())
	m.floors.claim(c.Booking, -1)
	for _, item := range c.Booking.OwnSeats() {
		m.seats[item.No].claimed = false
		m.rowFree[m.layout.row[item.No]]++
	}
}

func (m *SeatMap) take(b *Booking, version uint64) {
	if m.live[b.ID] != nil {
		panic("a booking was made twice")
	}
	m.live[b.ID] = b
	m.customers.add(b.UserID, b.tickets(), 0)
	m.floors.move(b, SeatAvailable, statusOf(b), version)
	for _, item := range b.OwnSeats() {
		seat := &m.seats[item.No]
		if seat.taken() {
			panic("seat " + item.Name() + " is taken already")
		}
		seat.owner, seat.version = b, version
		m.rowFree[m.layout.row[item.No]]--
		m.recount(item.No, SeatAvailable, seat.status())
	}
}

func (m *SeatMap) free(b *Booking, version uint64) {
	stored := m.live[b.ID]
	m.customers.add(stored.UserID, -stored.tickets(), 0)
	m.floors.move(b, statusOf(stored), SeatAvailable, version)
	for _, item := range b.OwnSeats() {
		m.freeSeat(item, stored, version)
	}
	m.noteEnd(b.ID)
	b.setReleased(true)
}

func (m *SeatMap) freeSeat(item *Item, stored *Booking, version uint64) {
	seat := &m.seats[item.No]
	if seat.owner != stored {
		panic("seat " + item.Name() + " is not this booking's")
	}
	m.recount(item.No, seat.status(), SeatAvailable)
	seat.owner, seat.version = nil, version
	m.rowFree[m.layout.row[item.No]]++
}

// replace stores the next state of a live booking.
func (m *SeatMap) replace(b *Booking) {
	stored := m.live[b.ID]
	m.live[b.ID] = b
	for _, item := range b.OwnSeats() {
		seat := &m.seats[item.No]
		if seat.owner != stored {
			panic("seat " + item.Name() + " is not this booking's")
		}
		seat.owner = b
	}
}

// move stores the next status of a live booking, which its seats show.
func (m *SeatMap) move(b *Booking, version uint64) {
	from := statusOf(m.live[b.ID])
	m.replace(b)
	m.floors.move(b, from, statusOf(b), version)
	for _, item := range b.OwnSeats() {
		seat := &m.seats[item.No]
		seat.version = version
		m.recount(item.No, from, seat.status())
	}
}

// recount counts a seat whose status changes, and notes that.
func (m *SeatMap) recount(no SeatNo, from, to SeatStatus) {
	m.noteChange(no)
	section := &m.sections[m.layout.section[no]]
	section.add(from, -1)
	section.add(to, 1)
	m.total.add(from, -1)
	m.total.add(to, 1)
}
