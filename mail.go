package eventra

import (
	"errors"
	"time"
)

// MailState says what is to be done about a mail.
type MailState uint8

const (
	// MailDue is to be sent.
	MailDue MailState = iota
	// MailEnded was sent or withheld.
	MailEnded
	// MailObsolete would say what is not true any more: its booking was refunded,
	// or its event cancelled. It is to be withheld.
	MailObsolete
)

// ErrMailRefused says that no mail server will ever take a mail, so that another
// try is no use.
var ErrMailRefused = errors.New("the mail was refused for good")

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
	Items      []Item // those that the booking has
	Total      Money
}
