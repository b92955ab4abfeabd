package http

import (
	"strconv"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// bookingsCSVHeader names the columns of an export of bookings: one line for each item. New columns come
// last.
const bookingsCSVHeader = "bookingId,status,createdAt,confirmedAt,endedAt,customerId,email,name," +
	"item,seat,section,row,number,category,ticketType,price,currency,itemStatus,reference\r\n"

// appendBookingCSV appends the lines of a booking's items, as RFC 4180 has them.
func appendBookingCSV(b []byte, e *eventra.ExportedBooking) []byte {
	start := len(b)
	b = appendCellID(b, e.ID)
	b = append(append(b, e.Status...), ',')
	b = appendCellTime(b, e.CreatedAt)
	b = appendCellTime(b, e.ConfirmedAt)
	b = appendCellTime(b, e.EndedAt)
	b = appendCellID(b, e.Customer.ID)
	b = append(appendCell(b, e.Customer.Email), ',')
	b = append(appendCell(b, e.Customer.Name), ',')
	booking := string(b[start:]) // the same in each of its lines
	for i := range e.Items {
		if i > 0 {
			b = append(b, booking...)
		}
		b = appendItemCSV(b, e.Booking, i)
	}
	if len(e.Items) == 0 { // which no booking has
		b = b[:start]
	}
	return b
}

func appendItemCSV(b []byte, booking *eventra.Booking, i int) []byte {
	item := &booking.Items[i]
	b = append(strconv.AppendInt(b, int64(i+1), 10), ',')
	if item.Seated() {
		b = appendCell(b, item.Name())
	}
	b = append(appendCell(append(b, ','), item.Section), ',')
	b = append(appendCell(b, item.Row), ',')
	if item.Number != 0 {
		b = strconv.AppendInt(b, int64(item.Number), 10)
	}
	b = append(appendCell(append(b, ','), item.Category), ',')
	b = append(appendCell(b, item.TicketType), ',')
	b = append(strconv.AppendInt(b, item.Amount, 10), ',')
	b = append(append(b, booking.Total.Currency...), ',')
	status := itemLive
	if item.Released {
		status = itemReleased
	}
	b, _ = booking.Reference.AppendText(append(append(b, status...), ','))
	return append(b, '\r', '\n')
}

// appendCell appends text as a cell. One that a spreadsheet would take for a formula gets an
// apostrophe in front.
func appendCell(b []byte, text string) []byte {
	formula := text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0
	quoted := strings.ContainsAny(text, "\",\r\n")
	if quoted {
		b = append(b, '"')
	}
	if formula {
		b = append(b, '\'')
	}
	if !quoted {
		return append(b, text...)
	}
	for part := range strings.SplitAfterSeq(text, `"`) {
		b = append(b, part...)
		if strings.HasSuffix(part, `"`) {
			b = append(b, '"')
		}
	}
	return append(b, '"')
}

func appendCellID(b []byte, id eventra.ID) []byte {
	b, _ = id.AppendText(b)
	return append(b, ',')
}

// appendCellTime appends a time, or nothing for none.
func appendCellTime(b []byte, t time.Time) []byte {
	if !t.IsZero() {
		b, _ = Time(t).AppendText(b)
	}
	return append(b, ',')
}
