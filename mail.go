package eventra

import "time"

// TicketMail is the content of the mail for a confirmed booking. An outbox row,
// written with the confirmation, makes it due. BookingID is also the id of the
// message, so that a recipient can recognise a second copy.
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
