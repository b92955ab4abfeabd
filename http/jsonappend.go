package http

import (
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// What a sale answers most, holds and refusals, is written field by field. The result is
// that of json.Marshal, in a fraction of its time.

// appendJSON appends a problem as JSON.
func (p *Problem) appendJSON(b []byte) ([]byte, error) {
	if p.Errors != nil || p.Payment != nil || p.Refundable != nil || p.Checks != nil {
		encoded, err := json.Marshal(p, jsontext.AllowInvalidUTF8(true)) // in the path
		return append(b, encoded...), err
	}
	b = appendString(append(b, `{"type":`...), p.Type)
	b = appendString(append(b, `,"title":`...), p.Title)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.Status), 10)
	b = appendString(append(b, `,"detail":`...), p.Detail)
	b = appendString(append(b, `,"instance":`...), p.Instance)
	b = appendString(append(b, `,"code":`...), p.Code)
	b = appendString(append(b, `,"requestId":`...), p.RequestID)
	b = appendNames(b, `,"unavailable":`, p.Unavailable)
	b = appendNames(b, `,"unknown":`, p.Unknown)
	b = appendNames(b, `,"seats":`, p.Seats)
	b = appendNames(b, `,"orphans":`, p.Orphans)
	for i, seats := range p.Suggestions {
		if i == 0 {
			b = append(b, `,"suggestions":`...)
		}
		b = appendNames(b, string(separator(i)), seats)
	}
	if len(p.Suggestions) > 0 {
		b = append(b, ']')
	}
	if p.Limit != 0 {
		b = strconv.AppendInt(append(b, `,"limit":`...), int64(p.Limit), 10)
	}
	if p.Held != nil {
		b = strconv.AppendInt(append(b, `,"held":`...), int64(*p.Held), 10)
	}
	if p.Section != "" {
		b = appendString(append(b, `,"section":`...), p.Section)
	}
	b = appendCount(b, `,"available":`, p.Available)
	b = appendCount(b, `,"taken":`, p.Taken)
	if p.Scope != "" {
		b = appendString(append(b, `,"scope":`...), p.Scope)
	}
	return append(b, '}'), nil
}

// appendNames appends a member with a list of names, unless it is empty.
func appendNames(b []byte, member string, names []string) []byte {
	if len(names) == 0 {
		return b
	}
	b = append(b, member...)
	for i, name := range names {
		b = appendString(append(b, separator(i)), name)
	}
	return append(b, ']')
}

// appendCount appends a member with a number, unless there is none.
func appendCount(b []byte, member string, n *int) []byte {
	if n == nil {
		return b
	}
	return strconv.AppendInt(append(b, member...), int64(*n), 10)
}

// separator returns what stands before the i-th value of a list.
func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

// appendJSON appends a booking as JSON, as changes answer with it: of its details, it has the metadata alone.
func (r *Booking) appendJSON(b []byte) []byte {
	b = appendID(append(b, `{"id":`...), r.ID)
	if r.Reference != 0 {
		b, _ = r.Reference.AppendText(append(b, `,"reference":"`...))
		b = append(b, '"')
	}
	b = appendID(append(b, `,"eventId":`...), r.EventID)
	b = appendString(append(b, `,"status":`...), r.Status)
	b = append(b, `,"items":`...)
	for i := range r.Items {
		b = r.Items[i].appendJSON(append(b, separator(i)))
	}
	if len(r.Items) == 0 {
		b = append(b, '[')
	}
	b = append(b, `],"seats":`...)
	for i := range r.Seats {
		b = r.Seats[i].appendJSON(append(b, separator(i)))
	}
	if len(r.Seats) == 0 {
		b = append(b, '[')
	}
	b = appendMoney(append(b, `],"total":`...), r.Total)
	b = appendMoney(append(b, `,"refunded":`...), r.Refunded)
	b = appendTime(append(b, `,"expiresAt":`...), r.ExpiresAt)
	b = appendTime(append(b, `,"createdAt":`...), r.CreatedAt)
	if r.Payment != nil {
		b = appendString(append(b, `,"payment":{"status":`...), r.Payment.Status)
		b = append(appendTime(append(b, `,"until":`...), r.Payment.Until), '}')
	}
	if r.ReplacedBy != nil {
		b = appendID(append(b, `,"replacedBy":`...), *r.ReplacedBy)
	}
	if len(r.Metadata) > 0 {
		b = appendMetadata(b, r.Metadata)
	}
	b = appendNames(b, `,"warnings":`, r.Warnings)
	return append(b, '}')
}

func appendMetadata(b []byte, metadata map[string]string) []byte {
	before := `,"metadata":{`
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		b = appendString(append(b, before...), name)
		b = appendString(append(b, ':'), metadata[name])
		before = ","
	}
	return append(b, '}')
}

func (s *BookedItem) appendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"item":`...), int64(s.Item), 10)
	if s.Seat != "" {
		b = appendString(append(b, `,"seat":`...), s.Seat)
	}
	b = appendString(append(b, `,"section":`...), s.Section)
	if s.Row != "" {
		b = appendString(append(b, `,"row":`...), s.Row)
	}
	if s.Number != 0 {
		b = strconv.AppendInt(append(b, `,"number":`...), int64(s.Number), 10)
	}
	b = appendString(append(b, `,"category":`...), s.Category)
	b = appendString(append(b, `,"ticketType":`...), s.TicketType)
	b = appendMoney(append(b, `,"price":`...), s.Price)
	b = appendString(append(b, `,"status":`...), s.Status)
	return append(b, '}')
}

func (s *BookedSeat) appendJSON(b []byte) []byte {
	b = appendString(append(b, `{"seat":`...), s.Seat)
	b = appendString(append(b, `,"section":`...), s.Section)
	b = appendString(append(b, `,"row":`...), s.Row)
	b = strconv.AppendInt(append(b, `,"number":`...), int64(s.Number), 10)
	b = appendMoney(append(b, `,"price":`...), s.Price)
	return append(b, '}')
}

func appendMoney(b []byte, m eventra.Money) []byte {
	b = strconv.AppendInt(append(b, `{"amount":`...), m.Amount, 10)
	b = appendString(append(b, `,"currency":`...), m.Currency)
	return append(b, '}')
}

func appendID(b []byte, id eventra.ID) []byte {
	b, _ = id.AppendText(append(b, '"'))
	return append(b, '"')
}

func appendTime(b []byte, t Time) []byte {
	b, _ = t.AppendText(append(b, '"'))
	return append(b, '"')
}

// appendString appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}
