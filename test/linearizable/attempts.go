package linearizable

import (
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// attempt is all holds under one key, or the booking that a late payment made, or an organiser's
// act that takes seats off sale.
type attempt struct {
	becomes byte // what it is once it has its seats: held; blocked or removed by an act

	first, last  time.Time // start of the first try, end of the one that was certain
	granted      bool
	refused      []string // seats
	tooFew       int      // of the best
	denied       bool     // by a rule that does not depend on seats alone
	target       string
	booking      string
	seats        []string
	deadline     time.Time // no earlier than this
	storedStatus byte      // as stored at the end; none: not stored
	successor    string    // as stored
	predecessor  string    // the booking whose late payment made this one
	tries        int
	tickets      []string // seats by the numbers of its items; a place has no name
}

// attempts are the attempts at bookings of one event.
type attempts struct {
	all       []*attempt
	byKey     map[string]*attempt
	byBooking map[string]*attempt
	stored    *ledger.Stored // nil if the end state is unknown
	holdFor   time.Duration
	acts      map[string]*act
	inOrder   []*act
	refunds   []*refund // in the order of their first tries
}

func gather(operations []client.Operation, stored *ledger.Stored, holdFor time.Duration) *attempts {
	c := &attempts{byKey: map[string]*attempt{}, byBooking: map[string]*attempt{}, stored: stored, holdFor: holdFor, acts: map[string]*act{}}
	for i := range operations {
		if o := &operations[i]; o.Holds() && !o.NotExecuted() {
			c.try(o)
		}
	}
	c.gatherActs(operations)
	for i := range operations {
		if o := &operations[i]; o.Kind == client.Pay && o.Successor != "" {
			c.addSuccessor(o.Booking, o.Successor)
		}
	}
	if stored != nil {
		for _, a := range c.all {
			if a.successor != "" {
				c.addSuccessor(a.booking, a.successor)
			}
		}
	}
	c.gatherRefunds(operations)
	return c
}

func (c *attempts) try(o *client.Operation) {
	key := o.Buyer + " " + o.Key
	a := c.byKey[key]
	if a == nil {
		a = &attempt{becomes: held, storedStatus: none, first: o.Start, target: o.Target, seats: o.Seats, deadline: o.Start.Add(c.holdFor)}
		c.byKey[key] = a
		c.all = append(c.all, a)
		c.addStored(a, o)
	}
	a.tries++
	switch {
	case !o.Certain() || a.granted || a.refused != nil || a.tooFew > 0:
	case o.Denied():
		a.denied = true
	case o.Succeeded():
		a.granted, a.last, a.target = true, o.End, o.Target
		a.booking, a.seats, a.deadline = o.Booking, o.BookedSeats, o.Deadline
		c.byBooking[o.Booking] = a
		if a.tickets = nil; len(o.Items) == 0 {
			a.tickets = a.seats
		}
		for _, item := range o.Items {
			a.tickets = append(a.tickets, item.Seat)
		}
	case o.Refusal() && o.Kind == client.Best:
		a.tooFew, a.last, a.target = o.Quantity, o.End, o.Target
	case o.Refusal():
		a.refused, a.last, a.target = o.Unavailable, o.End, o.Target
	}
}

// addStored adds what the database says of an attempt.
func (c *attempts) addStored(a *attempt, o *client.Operation) {
	if c.stored == nil {
		return
	}
	id, booking, found := c.stored.Of(o)
	if !found {
		return
	}
	a.booking, a.seats, a.deadline = id, booking.Seats, booking.Deadline
	a.storedStatus, a.successor, a.tickets = statusOf(booking.Status), booking.ReplacedBy, booking.Tickets
	c.byBooking[id] = a
}

// addSuccessor adds the booking that a late payment made.
func (c *attempts) addSuccessor(booking, successor string) {
	before := c.byBooking[booking]
	if before == nil || c.byBooking[successor] != nil {
		return
	}
	next := &attempt{becomes: held, storedStatus: none, booking: successor, seats: before.seats, tickets: before.tickets, predecessor: booking}
	before.successor = successor
	if c.stored != nil {
		next.storedStatus = statusOf(c.stored.Bookings[successor].Status)
	}
	c.all = append(c.all, next)
	c.byBooking[successor] = next
}

// mayHold reports whether an attempt may have got its seats.
func (c *attempts) mayHold(a *attempt) bool {
	switch {
	case a.refused != nil || a.tooFew > 0 || a.denied || len(a.seats) == 0 && a.becomes == held: // places are no seats
		return false
	case a.granted || a.predecessor != "":
		return true
	}
	return len(a.seats) > 0 && (c.stored == nil || a.storedStatus != none)
}
