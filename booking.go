package eventra

import (
	"iter"
	"slices"
	"time"
)

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

// Live reports whether a booking in this status owns its items.
func (s BookingStatus) Live() bool { return s == BookingHeld || s == BookingConfirmed }

// Booking is a group of items, each one ticket for one event, that a user holds, has
// bought, or had. A *Booking is never written to once its maker has handed it out.
type Booking struct {
	ID        ID
	Reference Reference // given by the store; bookings of the release before have none until they get one
	EventID   ID
	UserID    ID
	Status    BookingStatus
	Items     []Item // in the order of the request; never empty
	Total     Money
	ExpiresAt time.Time // the hold's deadline; every later status keeps it
	CreatedAt time.Time

	// PaymentID is the running payment, if any: the hold does not expire before
	// PayingUntil. Once CONFIRMED, it is the payment that paid.
	PaymentID   ID
	PayingUntil time.Time

	// Refunded is the money that has gone back. Refunds are those of a confirmed booking, by
	// number, in the core alone: whoever reads a booking elsewhere asks the store for them.
	Refunded int64
	Refunds  []Refund

	// ReplacedBy is the successor that a late payment of this expired booking
	// bought; zero if there is none.
	ReplacedBy ID

	// LeavesSingleSeat warns that the seats were picked so that a single one stays free
	// beside them. Only whoever makes the hold is told: it is not stored.
	LeavesSingleSeat bool
}

// Item is one ticket of a booking: a seat, or a place in a general-admission section.
// People number the items of a booking 1, 2, 3 …, in their order.
type Item struct {
	No SeatNo // of its seat; NoSeat for a place
	// Numbers of Category and TicketType; 0 if they are not stored: see [Pricing.Sort].
	CategoryNo   CategoryNo
	TicketTypeNo TicketTypeNo

	Section    string
	Row        string // empty for a place
	Number     int    // zero for a place
	Category   string // at which it was sold
	TicketType string
	Amount     int64 // the price at which it was held, in the currency of Booking.Total
	Released   bool  // the booking no longer has it
	Floor      int16 // of a place: which of the event's floors has it
}

// NoSeat stands where an item has no seat.
const NoSeat SeatNo = -1

// TicketTypeStandard is the only ticket type of an event without a pricing of its own.
const TicketTypeStandard = "Standard"

// NewItem makes the item that sells a seat of that number and category.
func NewItem(no SeatNo, seat *Seat, category string) Item {
	return Item{No: no, Section: seat.Section, Row: seat.Row, Number: seat.Number,
		Category: category, TicketType: TicketTypeStandard, Amount: seat.Price.Amount}
}

// NewPlace makes the item that sells a place of a floor.
func NewPlace(floor int16, section string, amount int64) Item {
	return Item{No: NoSeat, Floor: floor, Section: section, Category: section, TicketType: TicketTypeStandard, Amount: amount}
}

// Seated reports whether the item is a seat, and not a place.
func (i *Item) Seated() bool { return i.No != NoSeat }

// Name returns the name of the item's seat, or that of a place's section.
func (i *Item) Name() string {
	if !i.Seated() {
		return i.Section
	}
	return Seat{Section: i.Section, Row: i.Row, Number: i.Number}.Name()
}

// OwnSeats are the items, by position, whose seats a live booking has.
func (b *Booking) OwnSeats() iter.Seq2[int, *Item] {
	return func(yield func(int, *Item) bool) {
		for i := range b.Items {
			if item := &b.Items[i]; item.Seated() && !item.Released && !yield(i, item) {
				return
			}
		}
	}
}

// OwnPlaces are the items, by position, that are places and that a live booking has.
func (b *Booking) OwnPlaces() iter.Seq2[int, *Item] {
	return func(yield func(int, *Item) bool) {
		for i := range b.Items {
			if item := &b.Items[i]; !item.Seated() && !item.Released && !yield(i, item) {
				return
			}
		}
	}
}

// Price is the price of one of the booking's items.
func (b *Booking) Price(item *Item) Money {
	return Money{Amount: item.Amount, Currency: b.Total.Currency}
}

// tickets is the number of tickets that a live booking has.
func (b *Booking) tickets() (n int) {
	for i := range b.Items {
		if !b.Items[i].Released {
			n++
		}
	}
	return n
}

// Due returns the time at which an unpaid hold ends: its deadline, or the end of
// a running payment's grace if that is later.
func (b *Booking) Due() time.Time {
	if b.PayingUntil.After(b.ExpiresAt) {
		return b.PayingUntil
	}
	return b.ExpiresAt
}

// SeatNames lists the names of the items, in their order.
func (b *Booking) SeatNames() []string {
	names := make([]string, len(b.Items))
	for i := range b.Items {
		names[i] = b.Items[i].Name()
	}
	return names
}

// AsHeld returns the booking as it was when it was held: its id, its items, their prices and
// its times never change.
func (b *Booking) AsHeld() *Booking {
	held := *b
	held.Status, held.PaymentID, held.PayingUntil, held.ReplacedBy = BookingHeld, ID{}, time.Time{}, ID{}
	held.Refunded, held.Refunds = 0, nil
	held.setReleased(false)
	return &held
}

// setReleased says of all items whether the booking has them no longer. The items before
// belong to an earlier state of the booking, too.
func (b *Booking) setReleased(released bool) {
	b.Items = slices.Clone(b.Items)
	for i := range b.Items {
		b.Items[i].Released = released
	}
}
