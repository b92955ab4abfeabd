package linearizable

import (
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// claim is one hold with all tries under its key, or the successor that a late
// payment made.
type claim struct {
	first, last time.Time // start of the first try, end of the one that was certain
	granted     bool
	refused     []string // seats
	tooFew      int      // of the best
	target      string
	booking     string
	seats       []string
	deadline    time.Time // no earlier than this
	fate        byte      // as stored at the end; none: not stored
	successor   string    // as stored
	of          string    // booking that it is the successor of
	tries       int
}

// claims gathers the claims of one event.
type claims struct {
	all       []*claim
	byKey     map[string]*claim
	byBooking map[string]*claim
	stored    *ledger.Stored // nil: nothing is known of the end
	holdFor   time.Duration
}

func gather(operations []client.Operation, stored *ledger.Stored, holdFor time.Duration) *claims {
	c := &claims{byKey: map[string]*claim{}, byBooking: map[string]*claim{}, stored: stored, holdFor: holdFor}
	for i := range operations {
		if o := &operations[i]; o.Holds() && !o.NotExecuted() {
			c.try(o)
		}
	}
	for i := range operations {
		if o := &operations[i]; o.Kind == client.Pay && o.Successor != "" {
			c.succeed(o.Booking, o.Successor)
		}
	}
	if stored != nil {
		for _, made := range c.all {
			if made.successor != "" {
				c.succeed(made.booking, made.successor)
			}
		}
	}
	return c
}

func (c *claims) try(o *client.Operation) {
	key := o.Buyer + " " + o.Key
	made := c.byKey[key]
	if made == nil {
		made = &claim{fate: none, first: o.Start, target: o.Target, seats: o.Seats, deadline: o.Start.Add(c.holdFor)}
		c.byKey[key] = made
		c.all = append(c.all, made)
		c.remember(made, o)
	}
	made.tries++
	switch {
	case !o.Certain() || made.granted || made.refused != nil || made.tooFew > 0:
	case o.Succeeded():
		made.granted, made.last, made.target = true, o.End, o.Target
		made.booking, made.seats, made.deadline = o.Booking, o.BookedSeats, o.Deadline
		c.byBooking[o.Booking] = made
	case o.Refusal() && o.Kind == client.Best:
		made.tooFew, made.last, made.target = o.Quantity, o.End, o.Target
	case o.Refusal():
		made.refused, made.last, made.target = o.Unavailable, o.End, o.Target
	}
}

// remember adds what is stored of a claim, told or not.
func (c *claims) remember(made *claim, o *client.Operation) {
	if c.stored == nil {
		return
	}
	id, booking, found := c.stored.Of(o)
	if !found {
		return
	}
	made.booking, made.seats, made.deadline = id, booking.Seats, booking.Deadline
	made.fate, made.successor = statusOf(booking.Status), booking.ReplacedBy
	c.byBooking[id] = made
}

// succeed adds the claim that a late payment made.
func (c *claims) succeed(booking, successor string) {
	before := c.byBooking[booking]
	if before == nil || c.byBooking[successor] != nil {
		return
	}
	next := &claim{fate: none, booking: successor, seats: before.seats, of: booking}
	before.successor = successor
	if c.stored != nil {
		next.fate = statusOf(c.stored.Bookings[successor].Status)
	}
	c.all = append(c.all, next)
	c.byBooking[successor] = next
}

// happened reports whether a claim may have got its seats.
func (c *claims) happened(made *claim) bool {
	switch {
	case made.refused != nil || made.tooFew > 0:
		return false
	case made.granted || made.of != "":
		return true
	}
	return len(made.seats) > 0 && (c.stored == nil || made.fate != none)
}
