package eventra

import (
	"slices"
	"time"
)

// Command is a request to change one event's bookings. It carries the ids of
// what it makes, so that repeating a command repeats its outcome.
type Command interface{ isCommand() }

// HoldSeats asks for all of the named seats and places, or for the best available seats.
// A hold takes all of them or none.
type HoldSeats struct {
	BookingID ID
	UserID    ID
	Seats     []string       // canonical names; empty if Best or Items is set
	Items     []ItemRequest  // nil if Seats are named, or Best is set
	Best      *BestAvailable // nil if Seats are named, or Items are asked for
	// Attempt is the try under an idempotency key that the hold belongs to: the key is
	// written with the booking. It is nil if there is no key, or if it has been claimed.
	Attempt *IdempotencyAttempt
}

// BestAvailable asks for seats side by side that the core chooses.
type BestAvailable struct {
	Quantity int
	Section  string // its canonical name; empty: any
	Category string // likewise
	// TicketTypes are the types of the seats, Quantity of them in all. The pricing's order of
	// types decides which seat gets which. All have the default type if there are none.
	TicketTypes []TicketTypeCount
}

// ItemRequest asks for a seat, or for so many places of a general-admission section.
type ItemRequest struct {
	Seat       string // its canonical name; empty if Section is set
	Section    string // the canonical name of the section
	Quantity   int    // of places; 0 for a seat
	TicketType string // canonical; empty: the default type
}

func (r *ItemRequest) tickets() int {
	if r.Section == "" {
		return 1
	}
	return r.Quantity
}

// TicketTypeCount is a number of tickets of one type.
type TicketTypeCount struct {
	Name  string // canonical; empty: the default type
	Count int
}

// Plain reports whether the hold leaves prices to the default ticket type and to seats.
func (cmd *HoldSeats) Plain() bool {
	return cmd.Items == nil && (cmd.Best == nil || cmd.Best.Category == "" && cmd.Best.TicketTypes == nil)
}

// tickets is the number of tickets that the command asks for.
func (cmd *HoldSeats) tickets() (n int) {
	if cmd.Best != nil {
		return cmd.Best.Quantity
	}
	for i := range cmd.Items {
		n += cmd.Items[i].tickets()
	}
	return n + len(cmd.Seats)
}

// AsksForPlaces reports whether the hold is to have places, besides seats or alone.
func (cmd *HoldSeats) AsksForPlaces() bool {
	return slices.ContainsFunc(cmd.Items, func(r ItemRequest) bool { return r.Section != "" })
}

// Validate checks what needs no knowledge of the event: that the command asks
// for 1 to most tickets, and names no seat twice.
func (cmd *HoldSeats) Validate(f *Faults, most int) {
	if cmd.Best != nil {
		if cmd.Best.Quantity < 1 || cmd.Best.Quantity > most {
			f.Add("bestAvailable.quantity", "range", "must be from 1 to %d", most)
		}
		cmd.Best.validateTicketTypes(f)
		return
	}
	if cmd.Items != nil {
		cmd.validateItems(f, most)
		return
	}
	switch {
	case len(cmd.Seats) == 0:
		f.Add("seats", "required", "must name at least one seat")
		return
	case len(cmd.Seats) > most:
		f.Add("seats", "too_many", "must name at most %d seats", most)
		return
	}
	for i, name := range cmd.Seats {
		if slices.Contains(cmd.Seats[:i], name) { // at most MaxSeatsPerBookingMax names
			f.Add(indexed("seats", i), "duplicate", "names a seat twice")
		}
	}
}

// seatNames lists the names of the seats that are named.
func (cmd *HoldSeats) seatNames() []string {
	if cmd.Items == nil {
		return cmd.Seats
	}
	names := make([]string, 0, len(cmd.Items))
	for i := range cmd.Items {
		if item := &cmd.Items[i]; item.Section == "" {
			names = append(names, item.Seat)
		}
	}
	return names
}

func (cmd *HoldSeats) validateItems(f *Faults, most int) {
	switch {
	case len(cmd.Items) == 0:
		f.Add("items", "required", "must have at least one item")
		return
	case len(cmd.Items) > most:
		f.Add("items", "too_many", "must be at most %d tickets", most)
		return
	}
	for i := range cmd.Items {
		cmd.validateItem(f, i, most)
	}
	if len(*f) == 0 && cmd.tickets() > most {
		f.Add("items", "too_many", "must be at most %d tickets", most)
	}
}

func (cmd *HoldSeats) validateItem(f *Faults, i, most int) {
	switch item := &cmd.Items[i]; {
	case item.Section != "" && item.Seat != "":
		f.Add(indexed("items", i), "one_of", "give either seat or section")
	case item.Section != "" && (item.Quantity < 1 || item.Quantity > most):
		f.Add(indexed("items", i)+".quantity", "range", "must be from 1 to %d", most)
	case item.Section == "" && item.Quantity != 0:
		f.Add(indexed("items", i)+".quantity", "one_of", "goes with section")
	case item.Section == "" && slices.ContainsFunc(cmd.Items[:i], func(other ItemRequest) bool { return other.Seat == item.Seat && other.Section == "" }):
		f.Add(indexed("items", i), "duplicate", "names a seat twice")
	}
}

func (b *BestAvailable) validateTicketTypes(f *Faults) {
	if b.TicketTypes == nil {
		return
	}
	total := 0
	for i, t := range b.TicketTypes {
		if t.Count < 1 {
			f.Add("bestAvailable.ticketTypes", "range", "must ask for at least one ticket of each type")
		}
		if slices.ContainsFunc(b.TicketTypes[:i], func(other TicketTypeCount) bool { return other.Name == t.Name }) {
			f.Add("bestAvailable.ticketTypes", "duplicate", "names a type twice")
		}
		total += t.Count
	}
	if total != b.Quantity {
		f.Add("bestAvailable.ticketTypes", "range", "must add up to the quantity")
	}
}

// ReleaseHold gives a held booking's seats back. The booking is CANCELLED.
type ReleaseHold struct {
	BookingID ID
	UserID    ID
	By        Actor // for the audit log; zero if the customer gives the booking up
}

// ExpireHold ends a hold if it is due. It may be sent early, late or often:
// only the deadline decides, or that the event is cancelled: see [SeatMap.HoldEnds].
type ExpireHold struct {
	BookingID ID
}

// StartPayment records an attempt to pay before the gateway is asked. The hold
// does not expire until Grace has passed.
type StartPayment struct {
	PaymentID ID
	BookingID ID
	UserID    ID
	Method    string
	Grace     time.Duration
}

// FinishPayment reports the outcome of a payment attempt.
type FinishPayment struct {
	Payment Payment       // as it was started
	Outcome PaymentStatus // SUCCEEDED, DECLINED or FAILED
	// Items are those of the payment's booking as they were held, in case it is no longer
	// live. Of a member of the release before they have the numbers of seats alone.
	Items []Item
}

// RefundBooking ends a confirmed booking. The booking is REFUNDED, its seats
// are free.
type RefundBooking struct {
	BookingID ID
	// Cancelled says that the booking goes back because its event is cancelled. An owner
	// that would not write the buyer a mail about it must not carry it out.
	Cancelled bool
	By        Actor // for the audit log; zero for a cancelled event, whose cancellation is there
}

func (*HoldSeats) isCommand()     {}
func (*ReleaseHold) isCommand()   {}
func (*ExpireHold) isCommand()    {}
func (*StartPayment) isCommand()  {}
func (*FinishPayment) isCommand() {}
func (*RefundBooking) isCommand() {}
