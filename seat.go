package eventra

import (
	"fmt"
	"strconv"
)

// Money is an amount in minor units (cents) of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Seat is one seat of an event, with its price. It never changes once it exists;
// its status is in the [SeatMap]. One that was removed has no number.
type Seat struct {
	Section string
	Row     string
	Number  int
	Price   Money
}

// Removed reports whether the seat was removed. Its place is never another seat's; its section and
// price still decide about the names of derived categories.
func (s *Seat) Removed() bool { return s.Number == 0 }

// Name returns SECTION-ROW-NUMBER, which is unique in the event.
func (s Seat) Name() string { return s.Section + "-" + s.Row + "-" + strconv.Itoa(s.Number) }

// SeatNo is a seat's position in its event, the same in memory and in the store:
// 0, 1, 2 …, in the order in which the seats were added.
type SeatNo int32

// SeatStatus is the state of a seat.
type SeatStatus uint8

// The states of a seat.
const (
	SeatAvailable SeatStatus = iota
	SeatHeld
	SeatBooked
	SeatBlocked // kept off sale by an administrator
	SeatRemoved // was never sold, and is no seat any more; nobody is shown it
)

var seatStatusNames = [...]string{SeatAvailable: "AVAILABLE", SeatHeld: "HELD", SeatBooked: "BOOKED", SeatBlocked: "BLOCKED", SeatRemoved: "REMOVED"}

func (s SeatStatus) String() string { return seatStatusNames[s] }

// MarshalText writes the status in the API's form.
func (s SeatStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeatStatus reads the result of String.
func ParseSeatStatus(s string) (SeatStatus, error) {
	for status, name := range seatStatusNames {
		if name == s {
			return SeatStatus(status), nil
		}
	}
	return 0, fmt.Errorf("unknown seat status %q", s)
}

// Limits of an event's seats.
const (
	SeatsPerEventMax  = 100_000
	SeatLabelMaxRunes = 32             // of a section or a row
	SeatNumberMax     = 99_999         // of a seat in its row
	PriceMax          = 100_000_000_00 // in minor units

	// SeatFaultsMax is how many faults of a list of seats are named. Checking may end
	// there.
	SeatFaultsMax = 100
)

// ValidateSeatLabel checks the name of a section or row. A dash separates the parts
// of a seat's name.
func ValidateSeatLabel(f *Faults, field, label string) {
	if !validLabel(label, SeatLabelMaxRunes) {
		f.Add(field, "invalid_label", "must have 1 to %d letters with their marks, digits, inner spaces, dots or underscores", SeatLabelMaxRunes)
	}
}

// ValidatePrice checks an amount, and that the currency is one of ISO 4217.
func ValidatePrice(f *Faults, field string, p Money) {
	if p.Amount < 0 || p.Amount > PriceMax {
		f.Add(field+".amount", "range", "must be from 0 to %d minor units", int64(PriceMax))
	}
	if _, known := CurrencyDecimals(p.Currency); !known {
		f.Add(field+".currency", "invalid_currency", "must be an ISO 4217 code such as EUR")
	}
}

// Validate checks a seat that an administrator adds.
func (s Seat) Validate(f *Faults, field string) {
	s.ValidateName(f, field)
	ValidatePrice(f, field+".price", s.Price)
}

// ValidateName checks the parts of the seat's name.
func (s Seat) ValidateName(f *Faults, field string) {
	ValidateSeatLabel(f, field+".section", s.Section)
	ValidateSeatLabel(f, field+".row", s.Row)
	if s.Number < 1 || s.Number > SeatNumberMax {
		f.Add(field+".number", "range", "must be from 1 to %d", SeatNumberMax)
	}
}

// ValidateSeats checks what no single seat of a list shows: no name is given
// twice, people can tell all labels apart, and all prices have one currency, so that
// bookings can add them up. A seat with a category has no price yet.
func ValidateSeats(f *Faults, seats []Seat) {
	type place struct {
		section, row string
		number       int
	}
	seen := make(map[place]struct{}, len(seats))
	labels := NewSeatLabels()
	currency := ""
	for _, seat := range seats {
		if label, other, alike := labels.Add(seat.Section, seat.Row); alike {
			f.Add("seats", "look_alike", "%s looks like %s", label, other)
		}
		at := place{seat.Section, seat.Row, seat.Number}
		if _, twice := seen[at]; twice {
			f.Add("seats", "duplicate", "%s is given more than once", seat.Name())
		}
		seen[at] = struct{}{}
		if currency == "" {
			currency = seat.Price.Currency
		}
		if seat.Price.Currency != "" && seat.Price.Currency != currency {
			f.Add("price.currency", "mixed", "all seats of an event have one currency")
			return
		}
		if len(*f) > SeatFaultsMax {
			return
		}
	}
}
