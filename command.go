package eventra

import (
	"slices"
	"time"
)

// Command is a request to change one event's bookings. It carries the ids of
// what it makes, so that repeating a command repeats its outcome.
type Command interface{ isCommand() }

// HoldSeats asks for all of the named seats, or for the best available ones.
// A hold takes all of its seats or none.
type HoldSeats struct {
	BookingID ID
	UserID    ID
	Seats     []string       // canonical names; empty if Best is set
	Best      *BestAvailable // nil if Seats are named
	// Attempt is the try under an idempotency key that the hold belongs to: the key is
	// written with the booking. It is nil if there is no key, or if it has been claimed.
	Attempt *IdempotencyAttempt
}

// BestAvailable asks for seats side by side that the core chooses.
type BestAvailable struct {
	Quantity int
	Section  string // its canonical name; empty: any
}

// Validate checks what needs no knowledge of the event: that the command asks
// for 1 to most seats, and names none twice.
func (cmd *HoldSeats) Validate(f *Faults, most int) {
	if cmd.Best != nil {
		if cmd.Best.Quantity < 1 || cmd.Best.Quantity > most {
			f.Add("bestAvailable.quantity", "range", "must be from 1 to %d", most)
		}
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

// ReleaseHold gives a held booking's seats back. The booking is CANCELLED.
type ReleaseHold struct {
	BookingID ID
	UserID    ID
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
	Seats   []SeatNo      // of the payment's booking, in case it is no longer live
}

// RefundBooking ends a confirmed booking. The booking is REFUNDED, its seats
// are free.
type RefundBooking struct {
	BookingID ID
	// Cancelled says that the booking goes back because its event is cancelled. An owner
	// that would not write the buyer a mail about it must not carry it out.
	Cancelled bool
}

func (*HoldSeats) isCommand()     {}
func (*ReleaseHold) isCommand()   {}
func (*ExpireHold) isCommand()    {}
func (*StartPayment) isCommand()  {}
func (*FinishPayment) isCommand() {}
func (*RefundBooking) isCommand() {}
