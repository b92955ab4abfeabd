package eventra

import "time"

// ReportHoursMax bounds the hours of a report.
const ReportHoursMax = 1000

// EventReport is what an event has sold, by the prices that its items keep.
type EventReport struct {
	At       time.Time // by the store's clock
	Currency string    // empty if the event has no prices

	// Tickets: seats and places. Held and Sold add up the sales.
	Total, Held, Sold, Blocked int

	Sales    []TicketSales
	Refunded int           // bookings that are REFUNDED
	Returned int64         // money that has gone back, in whole or in part
	Owed     int64         // money that is going back
	Hours    []SalesInHour // oldest first; the newest ReportHoursMax in which something was sold
}

// Free is the number of tickets that can be sold.
func (r *EventReport) Free() int { return r.Total - r.Held - r.Sold - r.Blocked }

// Revenue is the price of all that is sold.
func (r *EventReport) Revenue() (sum int64) {
	for i := range r.Sales {
		sum += r.Sales[i].Revenue
	}
	return sum
}

// TicketSales are the tickets of one category and ticket type that live bookings have.
type TicketSales struct {
	Category, TicketType string
	Held, Sold           int
	Revenue              int64 // the price of those that are sold
}

// SalesInHour are the bookings that were confirmed in an hour, whatever became of them since.
type SalesInHour struct {
	Start    time.Time
	Bookings int
	Revenue  int64
}

// SeatUse is a booking that has or had a seat, or a block that keeps it off sale.
type SeatUse struct {
	ID     ID // of the booking or the block
	From   time.Time
	Until  time.Time // zero while it lasts
	Status BookingStatus
	UserID ID // the customer, or who blocked it
	// Block is a block's reason; nil for a booking.
	Block *string
}
