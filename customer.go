package eventra

// customers counts the tickets that each customer has in live bookings, as stored, and in
// claims. It counts nobody's while the limit is no lower than the number of seats.
type customers struct {
	limit   int
	tickets map[ID]customerTickets // of those who have any; nil if nobody's are counted
}

type customerTickets struct {
	live, claimed int32
	known         bool // no other tickets of theirs are among the countedPlaces
}

// newCustomers makes the counters of a sale with so many tickets in all.
func newCustomers(limit, capacity int, live map[ID]*Booking) customers {
	c := customers{limit: limit}
	if limit >= capacity {
		return c
	}
	c.tickets = make(map[ID]customerTickets)
	for _, b := range live {
		c.add(b.UserID, b.tickets(), 0)
	}
	return c
}

// add counts tickets of a customer; negative numbers are gone.
func (c *customers) add(user ID, live, claimed int) {
	if c.tickets == nil {
		return
	}
	has := c.tickets[user]
	has.live, has.claimed = has.live+int32(live), has.claimed+int32(claimed)
	switch {
	case has.live < 0 || has.claimed < 0:
		panic("a customer has less than no tickets")
	case has.live == 0 && has.claimed == 0:
		delete(c.tickets, user)
	default:
		c.tickets[user] = has
	}
}

// know notes that the tickets of a customer are all that they have.
func (c *customers) know(user ID) {
	if has, any := c.tickets[user]; any {
		has.known = true
		c.tickets[user] = has
	}
}

// allow says whether a customer may have more tickets. What is durably theirs is a reason to
// refuse, a claim a reason to wait.
func (c *customers) allow(user ID, more int) (wait bool, err error) {
	has := c.tickets[user]
	switch live := int(has.live); {
	case live+more > c.limit:
		return false, &Error{Code: CodeCustomerLimit, Customer: &CustomerTickets{Limit: c.limit, Held: live},
			Message: "that would be more tickets of the event than one customer may have"}
	case live+int(has.claimed)+more > c.limit:
		return true, nil
	}
	return false, nil
}

// CustomerLimit returns how many tickets one customer may have; 0 if nobody can have more.
func (m *SeatMap) CustomerLimit() int {
	if m.customers.tickets == nil {
		return 0
	}
	return m.customers.limit
}
