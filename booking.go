package eventra

import "time"

// BookingStatus is where a booking stands:
//
//	HELD → CONFIRMED | EXPIRED | CANCELLED,  CONFIRMED → REFUNDED
//
// Nothing else, ever.
type BookingStatus string

const (
	BookingHeld      BookingStatus = "HELD"
	BookingConfirmed BookingStatus = "CONFIRMED"
	BookingExpired   BookingStatus = "EXPIRED"
	BookingCancelled BookingStatus = "CANCELLED"
	BookingRefunded  BookingStatus = "REFUNDED"
)

// Valid reports whether the status is one of ours.
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
// had. A *Booking that left its maker is never written to again.
type Booking struct {
	ID        ID
	EventID   ID
	UserID    ID
	Status    BookingStatus
	Seats     []BookedSeat // in the order asked for; never empty
	Total     Money
	ExpiresAt time.Time // the hold's deadline; kept when the booking moves on
	CreatedAt time.Time

	// PaymentID is the attempt now running, if any: until PayingUntil the
	// hold does not expire under its payer. Once CONFIRMED, it is the attempt that paid.
	PaymentID   ID
	PayingUntil time.Time

	// ReplacedBy is the confirmed booking that a late payment of this
	// expired one bought instead; zero otherwise.
	ReplacedBy ID
}

// BookedSeat is a seat and its place in its event.
type BookedSeat struct {
	No SeatNo
	Seat
}

// Due is when an unpaid hold ends: its deadline, or the end of the grace of a
// payment that is running.
func (b *Booking) Due() time.Time {
	if b.PayingUntil.After(b.ExpiresAt) {
		return b.PayingUntil
	}
	return b.ExpiresAt
}

// SeatNames lists the seats as clients name them.
func (b *Booking) SeatNames() []string {
	names := make([]string, len(b.Seats))
	for i, s := range b.Seats {
		names[i] = s.Name()
	}
	return names
}
