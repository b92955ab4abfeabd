package eventra

import (
	"slices"
	"time"
)

// Command is what a caller asks of one event's seats. Each carries the ids of
// what it makes, so that the same command again has the same outcome.
type Command interface{ isCommand() }

// HoldSeats asks for all of the named seats, or for the best ones free, or
// for nothing.
type HoldSeats struct {
	BookingID ID
	UserID    ID
	Seats     []string       // names; empty if Best is set
	Best      *BestAvailable // nil if Seats are named
}

// BestAvailable asks for seats side by side, wherever they are best.
type BestAvailable struct {
	Quantity int
	Section  string // empty: any
}

// Validate checks what can be told without knowing the event: how many seats
// are asked for, at most the number given, and that none is named twice.
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

// ReleaseHold gives a held booking's seats back: CANCELLED.
type ReleaseHold struct {
	BookingID ID
	UserID    ID
}

// ExpireHold asks whether a hold's time is over. Anybody may ask, late, early
// or often; only the deadline decides.
type ExpireHold struct {
	BookingID ID
}

// StartPayment notes the intent to pay before the gateway is asked, and keeps
// the hold from expiring for as long as Grace.
type StartPayment struct {
	PaymentID ID
	BookingID ID
	UserID    ID
	Method    string
	Grace     time.Duration
}

// FinishPayment tells what came of a payment attempt.
type FinishPayment struct {
	Payment Payment       // as it was started
	Outcome PaymentStatus // SUCCEEDED, DECLINED or FAILED
	Seats   []SeatNo      // of the payment's booking, should it be live no more
}

// RefundBooking takes a confirmed booking back: REFUNDED, its seats free.
type RefundBooking struct {
	BookingID ID
}

func (*HoldSeats) isCommand()     {}
func (*ReleaseHold) isCommand()   {}
func (*ExpireHold) isCommand()    {}
func (*StartPayment) isCommand()  {}
func (*FinishPayment) isCommand() {}
func (*RefundBooking) isCommand() {}
