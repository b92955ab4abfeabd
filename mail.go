package eventra

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// MailKind says what a mail tells.
type MailKind string

// The kinds of mails. All but the first are notices.
const (
	MailTickets   MailKind = "tickets"   // the booking is confirmed
	MailCancelled MailKind = "cancelled" // the event is cancelled, and the money goes back
	// MailRescheduled tells that the event takes place at another time or place.
	MailRescheduled MailKind = "rescheduled"
	MailRefunded    MailKind = "refunded" // some of the money goes back
)

// The kinds of mails about accounts. Those that ask for something have a link.
const (
	MailVerify          MailKind = "verify"           // is the address that of the account's owner?
	MailReset           MailKind = "reset"            // for a forgotten password
	MailChange          MailKind = "change"           // to an address that an account is to have
	MailChangeAsked     MailKind = "change-asked"     // to the address that it still has, to stop that
	MailAddressChanged  MailKind = "address-changed"  // to the address that it had
	MailPasswordChanged MailKind = "password-changed" // it may have been a stranger
)

// MailRef names a mail. Its text is also the id of the message, so that a recipient can
// recognise a second copy.
type MailRef struct {
	Kind      MailKind
	BookingID ID
	About     ID // the event that was cancelled, the rescheduling, the refund, or the mail about an account; zero for tickets
}

// aboutAccount reports whether the mail is about an account rather than a booking.
func (k MailKind) aboutAccount() bool {
	switch k {
	case MailVerify, MailReset, MailChange, MailChangeAsked, MailAddressChanged, MailPasswordChanged:
		return true
	}
	return false
}

// Tickets names the mail with a booking's tickets.
func Tickets(booking ID) MailRef { return MailRef{Kind: MailTickets, BookingID: booking} }

// Box returns where the mail waits.
func (r MailRef) Box() MailBox {
	switch {
	case r.Kind == MailTickets:
		return TicketBox
	case r.Kind.aboutAccount():
		return AccountBox
	}
	return NoticeBox
}

// String returns the booking's id for tickets, booking.kind.about for notices, and
// kind.about for mails about accounts.
func (r MailRef) String() string {
	switch r.Box() {
	case TicketBox:
		return r.BookingID.String()
	case AccountBox:
		return fmt.Sprintf("%s.%v", r.Kind, r.About)
	}
	return fmt.Sprintf("%v.%s.%v", r.BookingID, r.Kind, r.About)
}

// Subject names what the mail is about, for the log.
func (r MailRef) Subject() (name string, id ID) {
	if r.Box() == AccountBox {
		return "mailId", r.About
	}
	return "bookingId", r.BookingID
}

// ParseMailRef undoes MailRef.String.
func ParseMailRef(text string) (r MailRef, err error) {
	booking, rest, notice := strings.Cut(text, ".")
	if r.Kind = MailKind(booking); r.Kind.aboutAccount() {
		r.About, err = ParseID(rest)
		return r, err
	}
	if r.BookingID, err = ParseID(booking); err != nil || !notice {
		r.Kind = MailTickets
		return r, err
	}
	kind, about, _ := strings.Cut(rest, ".")
	r.Kind = MailKind(kind)
	r.About, err = ParseID(about)
	return r, err
}

// MailBox is one of the places where mails wait.
type MailBox uint8

const (
	// TicketBox has the tickets, which come first.
	TicketBox MailBox = iota
	// AccountBox has the mails about accounts, for which people wait. Members of the release
	// before do not know it.
	AccountBox
	// NoticeBox has all other mails.
	NoticeBox
	// MailBoxes is their number.
	MailBoxes
)

// MailState says what is to be done about a mail.
type MailState uint8

const (
	// MailDue is to be sent.
	MailDue MailState = iota
	// MailEnded was sent or withheld.
	MailEnded
	// MailObsolete would say what is not true any more. It is to be withheld.
	MailObsolete
)

// ErrMailRefused says that no mail server will ever take a mail, so that another
// try is no use.
var ErrMailRefused = errors.New("the mail was refused for good")

// Mail is the content of a mail. A row, written in the transaction of what the mail
// tells, makes it due.
type Mail struct {
	MailRef
	To         string
	Name       string
	EventTitle string
	Occasion
	Was       Occasion // before a rescheduling; otherwise the same
	Reference Reference
	Items     []Item // with tickets those that the booking has, with a refund those that it is for, with other notices all
	Total     Money
	Returned  Money  // MailCancelled, MailRefunded: what goes back
	Released  bool   // MailRefunded: the items are not the booking's any more
	Message   string // the organiser's own words
	// Of a mail about an account: the hash of its link's token, zero without a link, and when that expires.
	TokenHash    [32]byte
	TokenExpires time.Time
}

// DeadMail is a mail whose attempts are used up.
type DeadMail struct {
	Mail     MailRef
	Error    string // of the last attempt
	Tries    int
	FailedAt time.Time
}

// AuditFacts returns what the audit log says of a dead mail that is tried again: nothing of its recipient.
func (m *DeadMail) AuditFacts() Facts {
	return Facts{"tries": m.Tries, "failedAt": factTime(m.FailedAt)}
}

// Occasion is when and where an event takes place.
type Occasion struct {
	Venue    string // in one line
	StartsAt time.Time
	Timezone string
}

// Notice is a mail that is written with a change.
type Notice struct {
	Kind   MailKind
	About  ID
	Amount int64 // the money that goes back, in the booking's currency
}
