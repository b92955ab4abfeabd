package eventra

import "fmt"

// learnedMax bounds what a seat map remembers to have looked for, twice.
const learnedMax = 1 << 16

// Missing is what a seat map has to learn from the store before it can decide: see [SeatMap.Learn].
type Missing struct {
	Bookings []ID // by their ids
	Customer ID   // all bookings of a customer; zero: nobody's
}

// countedPlaces are those of CONFIRMED bookings without seats that a snapshot has left out: a floor of a million places has as
// many of them, and few are ever asked for. Their places are counted. Whoever asks for such a booking, or for how many tickets a
// customer has, waits until it has been read; from then on it is like any other.
type countedPlaces struct {
	left int // places, on all floors
	// learned and learnedBefore are ids of bookings and customers of whom nothing is left to read, for good: bookings that this
	// map does not have are not made behind its back.
	learned, learnedBefore map[ID]struct{}
	ended                  map[ID]struct{} // bookings that ended since the store was asked; nil if it was not
}

func (c *countedPlaces) knows(id ID) bool {
	_, known := c.learned[id]
	if !known {
		_, known = c.learnedBefore[id]
	}
	return known
}

func (c *countedPlaces) learn(ids []ID) {
	for _, id := range ids {
		if c.learned == nil || len(c.learned) >= learnedMax {
			c.learned, c.learnedBefore = map[ID]struct{}{}, c.learned
		}
		c.learned[id] = struct{}{}
	}
}

// lacks reports whether a booking that the map does not have may be one of those that are counted.
func (m *SeatMap) lacks(booking ID) bool {
	return m.counted.left > 0 && m.live[booking] == nil && !m.counted.knows(booking)
}

// lacksCustomer reports whether a customer may have tickets that are counted for nobody.
func (m *SeatMap) lacksCustomer(customer ID) bool {
	return m.counted.left > 0 && m.customers.tickets != nil && !customer.IsZero() && !m.customers.tickets[customer].known && !m.counted.knows(customer)
}

func learnFirst(customer ID, bookings ...ID) Decision {
	return Decision{Verdict: Learn, Missing: &Missing{Bookings: bookings, Customer: customer}}
}

// learnPayment asks for what a late payment depends on. Of the customer's bookings there may be very many, if nothing limits
// their tickets: they are read only if these are counted.
func (m *SeatMap) learnPayment(p *Payment) Decision {
	customer := p.UserID
	if !m.lacksCustomer(customer) {
		customer = ID{}
	}
	return learnFirst(customer, p.BookingID, p.ID)
}

// Ask notes that the store is being asked for bookings. [SeatMap.Learn] or [SeatMap.AskInVain] ends that.
func (m *SeatMap) Ask() { m.counted.ended = map[ID]struct{}{} }

// AskInVain notes that the store did not answer.
func (m *SeatMap) AskInVain() { m.counted.ended = nil }

// Learn takes what the store has of the bookings and customers that it was asked for since Ask: the CONFIRMED ones with at least
// one item. An error says that they contradict what is known.
func (m *SeatMap) Learn(bookings, customers []ID, found []*Booking) error {
	ended := m.counted.ended
	m.counted.ended = nil
	for _, b := range found {
		if _, over := ended[b.ID]; over || m.live[b.ID] != nil || m.makes(b) {
			continue
		}
		if err := m.learnBooking(b); err != nil {
			return err
		}
	}
	m.counted.learn(bookings)
	m.counted.learn(customers)
	for _, customer := range customers {
		m.customers.know(customer)
	}
	return nil
}

// makes reports whether a change in flight makes that booking: the store may have it before the map does. Of CONFIRMED
// bookings only a late payment makes one, under its own id.
func (m *SeatMap) makes(b *Booking) bool {
	if b.ID != b.PaymentID {
		return false
	}
	for _, c := range m.claims {
		if c.Kind == Rebooked && c.Booking.ID == b.ID {
			return true
		}
	}
	return false
}

func (m *SeatMap) learnBooking(b *Booking) error {
	if b.EventID != m.eventID || b.Status != BookingConfirmed || b.tickets() == 0 || b.seats() > 0 {
		return fmt.Errorf("event %v: booking %v is not one whose places are counted", m.eventID, b.ID)
	}
	for _, item := range b.OwnPlaces() {
		if int(item.Floor) >= len(m.floors) || m.floors[item.Floor].counted == 0 {
			return fmt.Errorf("event %v: the places of booking %v were not counted", m.eventID, b.ID)
		}
		m.floors[item.Floor].counted--
		m.counted.left--
	}
	m.live[b.ID] = b
	m.customers.add(b.UserID, b.tickets(), 0)
	return nil
}

// noteEnd notes that a booking is not live any more, for an answer of the store that says so still.
func (m *SeatMap) noteEnd(booking ID) {
	delete(m.live, booking)
	if m.counted.ended != nil {
		m.counted.ended[booking] = struct{}{}
	}
}
