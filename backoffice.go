package eventra

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// BookingSearch narrows the list of everybody's bookings. A zero field does not narrow it.
type BookingSearch struct {
	EventID   ID
	Status    BookingStatus
	Reference Reference
	Email     string    // the customer's, normalized
	Seat      *Seat     // by section, row and number, of the event that EventID then names: any booking that has or had it
	From, To  time.Time // of CreatedAt: From inclusive, To exclusive
}

// ParseSeatName undoes Seat.Name for a canonical name.
func ParseSeatName(name string) (s Seat, ok bool) {
	parts := strings.Split(name, "-") // labels have no hyphen
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return s, false
	}
	number, err := strconv.Atoi(parts[2])
	if err != nil || strconv.Itoa(number) != parts[2] || number < 1 || number > SeatNumberMax {
		return s, false
	}
	return Seat{Section: parts[0], Row: parts[1], Number: number}, true
}

// BookingRecord is what is known about a booking.
type BookingRecord struct {
	Booking     *Booking
	ConfirmedAt time.Time // zero if it never was
	EndedAt     time.Time // zero while it is live
	Payments    []Payment // oldest first
	Refunds     []Refund  // oldest first
	Mails       []BookingMail
}

// BookingMail is one mail about a booking.
type BookingMail struct {
	MailRef
	CreatedAt time.Time
	EndedAt   time.Time // when a mail server had accepted it, or it was withheld; zero while it is due
	Withheld  bool
}

// MailTries are the attempts to send a mail that has not been sent.
type MailTries struct {
	Tries     int
	LastError string
	Dead      bool // there will be no further one
}

// BookingStep is something that happened to a booking.
type BookingStep struct {
	At      time.Time
	Kind    BookingStepKind
	Payment *Payment // that began or ended
	Refund  *Refund  // that began
}

// BookingStepKind says what happened.
type BookingStepKind string

// The steps of a booking, besides its statuses.
const (
	StepPaymentStarted BookingStepKind = "PAYMENT_STARTED"
	StepPaymentEnded   BookingStepKind = "PAYMENT_ENDED"
	StepRefundStarted  BookingStepKind = "REFUND_STARTED"
)

// History lists what happened to the booking, oldest first, as far as its rows tell. An attempt
// that paid, or whose money went back, has changed last when that happened.
func (r *BookingRecord) History() []BookingStep {
	b := r.Booking
	steps := []BookingStep{{At: b.CreatedAt, Kind: BookingStepKind(BookingHeld)}}
	for i := range r.Payments {
		p := &r.Payments[i]
		steps = append(steps, BookingStep{At: p.CreatedAt, Kind: StepPaymentStarted, Payment: p})
		if p.Status != PaymentPending {
			steps = append(steps, BookingStep{At: p.UpdatedAt, Kind: StepPaymentEnded, Payment: p})
		}
	}
	for i := range r.Refunds {
		steps = append(steps, BookingStep{At: r.Refunds[i].CreatedAt, Kind: StepRefundStarted, Refund: &r.Refunds[i]})
	}
	if !r.ConfirmedAt.IsZero() {
		steps = append(steps, BookingStep{At: r.ConfirmedAt, Kind: BookingStepKind(BookingConfirmed)})
	}
	if !r.EndedAt.IsZero() {
		steps = append(steps, BookingStep{At: r.EndedAt, Kind: BookingStepKind(b.Status)})
	}
	slices.SortStableFunc(steps, func(a, b BookingStep) int { return a.At.Compare(b.At) })
	return steps
}

// TicketsAgainMax is how often the tickets of a booking are sent again within an hour.
const TicketsAgainMax = 3

// BookingExport says which bookings of an event are exported.
type BookingExport struct {
	EventID ID
	Status  BookingStatus // "": any
	Until   time.Time     // made before, by the store's clock
}

// ExportedBooking is a booking as an export shows it.
type ExportedBooking struct {
	*Booking
	ConfirmedAt, EndedAt time.Time // zero if it was not
	Customer             Customer
}
