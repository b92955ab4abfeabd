package eventra

import "fmt"

// CheckInvariants looks at every booking and seat, and returns an error for the
// first violation it finds: a seat whose owner does not list it, a booking whose
// seats do not point back, a seat taken and also claimed or blocked, a hold without a
// deadline, a customer's tickets miscounted, counters that do not add up, a view that missed a change. Its time is proportional to the seats.
func (m *SeatMap) CheckInvariants() error {
	if m.layoutVersion > m.version {
		return fmt.Errorf("event %v: seats of version %d in a map of version %d", m.eventID, m.layoutVersion, m.version)
	}
	if err := m.checkBookings(); err != nil {
		return fmt.Errorf("event %v: %w", m.eventID, err)
	}
	if err := m.checkSeats(); err != nil {
		return fmt.Errorf("event %v: %w", m.eventID, err)
	}
	if err := m.checkCustomers(); err != nil {
		return fmt.Errorf("event %v: %w", m.eventID, err)
	}
	if err := m.floors.check(m); err != nil {
		return fmt.Errorf("event %v: %w", m.eventID, err)
	}
	if err := m.checkView(); err != nil {
		return fmt.Errorf("event %v: %w", m.eventID, err)
	}
	return nil
}

// checkView looks whether the last view shows every seat that is not noted as changed.
func (m *SeatMap) checkView() error {
	if m.view == nil {
		return nil
	}
	changed := make(map[SeatNo]bool, len(m.changed))
	for _, no := range m.changed {
		changed[no] = true
	}
	for i := range m.seats {
		if seat := &m.seats[i]; !changed[SeatNo(i)] && (m.view.Status[i] != seat.status() || m.view.Changed[i] != seat.version) {
			return fmt.Errorf("seat %s has changed unnoticed", m.layout.Seats[i].Name())
		}
	}
	return nil
}

func (m *SeatMap) checkBookings() error {
	for id, b := range m.live {
		switch {
		case b.ID != id || b.EventID != m.eventID:
			return fmt.Errorf("booking %v is filed as %v", b.ID, id)
		case !b.Status.Live():
			return fmt.Errorf("booking %v is %s and still live", id, b.Status)
		case len(b.Items) == 0:
			return fmt.Errorf("booking %v has no items", id)
		case b.Status == BookingHeld && b.ExpiresAt.IsZero():
			return fmt.Errorf("booking %v is held without a deadline", id)
		case b.tickets() == 0:
			return fmt.Errorf("booking %v has no items left and is still live", id)
		case b.Refundable() < 0:
			return fmt.Errorf("booking %v is refunded more than was paid", id)
		}
		for _, item := range b.OwnSeats() {
			if int(item.No) >= len(m.seats) || m.seats[item.No].owner != b {
				return fmt.Errorf("booking %v lists seat %s, which is not its", id, item.Name())
			}
		}
	}
	return nil
}

// checkCustomers counts each customer's tickets again. A customer may have more than the
// limit if that was lowered.
func (m *SeatMap) checkCustomers() error {
	if m.customers.tickets == nil {
		return nil
	}
	again := newCustomers(m.customers.limit, m.customers.limit+1, m.live)
	for _, c := range m.claims {
		if c.Kind.TakesSeats() {
			again.add(c.Booking.UserID, 0, c.Booking.tickets())
		}
	}
	for user, has := range again.tickets {
		if counted := m.customers.tickets[user]; counted.live != has.live || counted.claimed != has.claimed {
			return fmt.Errorf("customer %v has %+v, counted as %+v", user, has, counted)
		}
	}
	if len(m.customers.tickets) != len(again.tickets) {
		return fmt.Errorf("%d customers have tickets, %d are counted", len(again.tickets), len(m.customers.tickets))
	}
	return nil
}

func (m *SeatMap) checkSeats() error {
	sections := make([]SectionTally, len(m.sections))
	free := make([]int32, len(m.rowFree))
	owned, claimed := 0, 0
	for i := range m.seats {
		seat := &m.seats[i]
		if seat.version > m.version {
			return fmt.Errorf("seat %s is of version %d, the map of %d", m.layout.Seats[i].Name(), seat.version, m.version)
		}
		if seat.removed {
			if seat.owner != nil || seat.claimed || seat.blocked {
				return fmt.Errorf("seat %d was removed, and is taken or claimed", i)
			}
			continue
		}
		sections[m.layout.section[i]].add(seat.status(), 1)
		if seat.owner != nil {
			owned++
		}
		if seat.claimed {
			claimed++
		}
		if seat.owner != nil && (seat.claimed || seat.blocked) || seat.blocked && seat.claimed && !seat.blocking {
			return fmt.Errorf("seat %s is taken, and claimed or blocked", m.layout.Seats[i].Name())
		}
		if !seat.taken() && !seat.claimed {
			free[m.layout.row[i]]++
		}
	}
	for _, b := range m.live {
		owned -= b.seats()
	}
	for _, c := range m.claims {
		if c.Kind.TakesSeats() {
			claimed -= c.Booking.seats()
		}
		claimed -= len(c.Seats)
	}
	if owned != 0 || claimed != 0 {
		return fmt.Errorf("%d seats too many are owned, %d claimed", owned, claimed)
	}
	return m.checkCounters(sections, free)
}

func (m *SeatMap) checkCounters(sections []SectionTally, free []int32) error {
	var sum SectionTally
	for i, want := range sections {
		got := m.sections[i]
		if got.Available != want.Available || got.Held != want.Held || got.Booked != want.Booked || got.Blocked != want.Blocked ||
			got.Total != got.Available+got.Held+got.Booked+got.Blocked {
			return fmt.Errorf("section %s counts %+v instead of %+v", got.Name, got, want)
		}
		sum.add(SeatAvailable, got.Available)
		sum.add(SeatHeld, got.Held)
		sum.add(SeatBooked, got.Booked)
		sum.add(SeatBlocked, got.Blocked)
	}
	if sum.Available != m.total.Available || sum.Held != m.total.Held || sum.Booked != m.total.Booked || sum.Blocked != m.total.Blocked {
		return fmt.Errorf("totals are %+v instead of %+v", m.total, sum)
	}
	for i, want := range free {
		if m.rowFree[i] != want {
			return fmt.Errorf("row %d has %d free seats, counted as %d", i, want, m.rowFree[i])
		}
	}
	return nil
}

// seats counts the seats that a live booking has.
func (b *Booking) seats() (n int) {
	for range b.OwnSeats() {
		n++
	}
	return n
}
