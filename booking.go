package eventra

import "time"

// BookingStatus is the state of a booking. These transitions exist, and no other:
//
//	HELD → CONFIRMED | EXPIRED | CANCELLED,  CONFIRMED → REFUNDED
type BookingStatus string

// The states of a booking.
const (
	BookingHeld      BookingStatus = "HELD"
	BookingConfirmed BookingStatus = "CONFIRMED"
	BookingExpired   BookingStatus = "EXPIRED"
	BookingCancelled BookingStatus = "CANCELLED"
	BookingRefunded  BookingStatus = "REFUNDED"
)

// Valid reports whether the status is one of the five above.
func (s BookingStatus) Valid() bool {
	switch s {
	case BookingHeld, BookingConfirmed, BookingExpired, BookingCancelled, BookingRefunded:
		return true
	}
	return false
}

// Live reports whether a booking in this status owns its seats.
func (s BookingStatus) Live() bool { return s == BookingHeld || s == BookingConfirmed }

// Booking is a group of seats of one event that a user holds, has bought, or
// had. A *Booking is never written to once its maker has handed it out.
type Booking struct {
	ID        ID
	EventID   ID
	UserID    ID
	Status    BookingStatus
	Seats     []BookedSeat // in the order of the request; never empty
	Total     Money
	ExpiresAt time.Time // the hold's deadline; every later status keeps it
	CreatedAt time.Time

	// PaymentID is the running payment, if any: the hold does not expire before
	// PayingUntil. Once CONFIRMED, it is the payment that paid.
	PaymentID   ID
	PayingUntil time.Time

	// ReplacedBy is the successor that a late payment of this expired booking
	// bought; zero if there is none.
	ReplacedBy ID
}

// BookedSeat is a seat and its place in its event.
type BookedSeat struct {
	No SeatNo
	Seat
}

// Due returns the time at which an unpaid hold ends: its deadline, or the end of
// a running payment's grace if that is later.
func (b *Booking) Due() time.Time {
	if b.PayingUntil.After(b.ExpiresAt) {
		return b.PayingUntil
	}
	return b.ExpiresAt
}

// SeatNames lists the names of the seats, in the order of Seats.
func (b *Booking) SeatNames() []string {
	names := make([]string, len(b.Seats))
	for i, s := range b.Seats {
		names[i] = s.Name()
	}
	return names
}
