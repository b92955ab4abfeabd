package eventra

import "time"

// TicketMail is all that the mail for a confirmed booking tells. That it is owed
// is written to the outbox with the confirmation. Its id, the booking's, is also that
// of the message, so that a second copy can be told.
type TicketMail struct {
	BookingID  ID
	To         string
	Name       string
	EventTitle string
	Venue      string
	StartsAt   time.Time
	Timezone   string
	Seats      []Seat
	Total      Money
}
