package http

import (
	"strconv"

	"github.com/eventra/eventra"
)

// The JSON of a [SeatsView] is written by hand because an event has up to 100,000 seats.

// seatMapBytes estimates the length of the map of so many seats.
func seatMapBytes(seats int) int { return 128 + seats*160 }

// seatMapEnd is what follows the last seat.
const seatMapEnd = `]}`

// appendSeatMap appends a part of a seat map.
func appendSeatMap(b []byte, view *eventra.SeatsView, part seatPart) []byte {
	var w seatWriter
	b = appendSeatMapBegin(b, view, part)
	b = w.appendPart(b, view, part, 0, len(view.Layout.Seats))
	return append(b, seatMapEnd...)
}

// appendSeatMapBegin appends what precedes the first seat.
func appendSeatMapBegin(b []byte, view *eventra.SeatsView, part seatPart) []byte {
	id, _ := view.EventID.MarshalText()
	b = append(append(append(b, `{"eventId":"`...), id...), `","version":`...)
	b = append(strconv.AppendUint(b, view.Version, 10), `,"sections":`...)
	return append(appendSections(b, view, part), `,"seats":[`...)
}

// seatWriter writes the seats of a map one after the other.
type seatWriter struct {
	any bool // it has written one

	// What is around the numbers of a seat is the same for those of a row, mostly.
	section, row, category, currency string
	begin, middle, price, status     []byte
}

// appendPart appends those of the seats from one number up to another that belong to a part.
func (w *seatWriter) appendPart(b []byte, view *eventra.SeatsView, part seatPart, from, to int) []byte {
	for no := from; no < to; no++ {
		if !part.has(view, no) {
			continue
		}
		if w.any {
			b = append(b, ',')
		}
		w.any = true
		b = w.append(b, &view.Layout.Seats[no], view.Layout.Category(eventra.SeatNo(no)), view.Status[no])
	}
	return b
}

func (w *seatWriter) append(b []byte, seat *eventra.Seat, category string, status eventra.SeatStatus) []byte {
	if w.begin == nil || seat.Section != w.section || seat.Row != w.row || category != w.category || seat.Price.Currency != w.currency {
		w.prepare(seat, category)
	}
	b = append(b, w.begin...)
	from := len(b)
	b = strconv.AppendInt(b, int64(seat.Number), 10)
	number := b[from:]
	b = append(append(b, w.middle...), number...)
	b = append(b, w.price...)
	b = strconv.AppendInt(b, seat.Price.Amount, 10)
	b = append(append(b, w.status...), status.String()...)
	return append(b, `"}`...)
}

// prepare writes what is around the numbers of seats like this one.
func (w *seatWriter) prepare(seat *eventra.Seat, category string) {
	w.section, w.row, w.category, w.currency = seat.Section, seat.Row, category, seat.Price.Currency
	section, row := appendString(nil, w.section), appendString(nil, w.row)
	w.begin = append(append(w.begin[:0], `{"seat":`...), section[:len(section)-1]...)
	w.begin = append(append(w.begin, '-'), row[1:len(row)-1]...)
	w.begin = append(w.begin, '-')
	w.middle = append(append(w.middle[:0], `","section":`...), section...)
	w.middle = append(append(w.middle, `,"row":`...), row...)
	w.middle = append(w.middle, `,"number":`...)
	w.price = appendString(append(w.price[:0], `,"category":`...), category)
	w.price = append(w.price, `,"price":{"amount":`...)
	w.status = appendString(append(w.status[:0], `,"currency":`...), w.currency)
	w.status = append(w.status, `},"status":"`...)
}
