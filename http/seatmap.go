package http

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// seatPart is the requested part of a seat map.
type seatPart struct {
	section   string
	bySection bool
	since     uint64 // only seats changed after this version
	bySince   bool
}

func (p seatPart) whole() bool { return !p.bySection && !p.bySince }

// has reports whether a seat belongs to the part.
func (p seatPart) has(view *eventra.SeatsView, no int) bool {
	return (!p.bySection || view.Layout.Seats[no].Section == p.section) && (!p.bySince || view.Changed[no] > p.since)
}

// narrowed returns the same part as every client gets it that asks for the same seats,
// whatever version they know, and the number of its seats.
func (p seatPart) narrowed(view *eventra.SeatsView) (part seatPart, seats int) {
	if p.whole() {
		return p, len(view.Status)
	}
	before := uint64(0)
	for no, changed := range view.Changed {
		if p.has(view, no) {
			seats++
		} else if p.bySince && changed <= p.since {
			before = max(before, changed)
		}
	}
	p.since = before
	return p, seats
}

// SeatsView is the seat map of an event, or a part of it, at one version.
type SeatsView struct {
	EventID eventra.ID    `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Version uint64        `json:"version" example:"17" validate:"required"` // grows with each change
	Seats   []SeatOfEvent `json:"seats" validate:"required"`
} // @name SeatMap

// SeatOfEvent is a seat with its price and status.
type SeatOfEvent struct {
	Seat    string        `json:"seat" example:"A-3-12" validate:"required"`
	Section string        `json:"section" example:"A" validate:"required"`
	Row     string        `json:"row" example:"3" validate:"required"`
	Number  int           `json:"number" example:"12" validate:"required"`
	Price   eventra.Money `json:"price" validate:"required"`
	Status  string        `json:"status" enums:"AVAILABLE,HELD,BOOKED" example:"AVAILABLE" validate:"required"`
}

// seatMapBytes estimates the length of the map of so many seats.
func seatMapBytes(seats int) int { return 128 + seats*140 }

// appendSeatMap appends the JSON of a [SeatsView]. It is written by hand because an
// event has up to 100,000 seats.
func appendSeatMap(b []byte, view *eventra.SeatsView, part seatPart) []byte {
	id, _ := view.EventID.MarshalText()
	b = append(append(append(b, `{"eventId":"`...), id...), `","version":`...)
	b = append(strconv.AppendUint(b, view.Version, 10), `,"seats":[`...)
	first := true
	var section string
	var quoted []byte
	for no := range view.Layout.Seats {
		if !part.has(view, no) {
			continue
		}
		seat := &view.Layout.Seats[no]
		if !first {
			b = append(b, ',')
		}
		if first || seat.Section != section {
			section = seat.Section
			quoted = appendQuoted(quoted[:0], section)
		}
		first = false
		b = appendSeat(b, seat, quoted)
		b = append(append(append(b, `,"status":"`...), view.Status[no].String()...), `"}`...)
	}
	return append(b, `]}`...)
}

// appendSeat appends a seat's members up to its price and leaves the object open. section
// is the seat's section in quotes.
func appendSeat(b []byte, seat *eventra.Seat, section []byte) []byte {
	b = append(b, `{"seat":`...)
	b = append(b, section[:len(section)-1]...)
	b = append(b, '-')
	from := len(b)
	b = appendQuoted(b, seat.Row)
	row := b[from+1 : len(b)-1]
	copy(b[from:], row) // without its opening quote
	b = append(b[:from+len(row)], '-')
	b = append(strconv.AppendInt(b, int64(seat.Number), 10), `","section":`...)
	b = append(append(b, section...), `,"row":`...)
	b = append(appendQuoted(b, seat.Row), `,"number":`...)
	b = append(strconv.AppendInt(b, int64(seat.Number), 10), `,"price":{"amount":`...)
	b = append(strconv.AppendInt(b, seat.Price.Amount, 10), `,"currency":`...)
	return append(appendQuoted(b, seat.Price.Currency), '}')
}

// appendQuoted appends a JSON string.
func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the only error says that invalid UTF-8 was replaced
	return b
}
