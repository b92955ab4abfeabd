package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// Venue is where an event takes place.
type Venue struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	City     string `json:"city"`
	Country  string `json:"country"`
	Timezone string `json:"timezone"` // IANA name
}

// EventFields is what an organiser gives of an event. Times are text here, so
// that a bad one is named along with all other faults.
type EventFields struct {
	Title              string         `json:"title"`
	Description        string         `json:"description"`
	Category           string         `json:"category"`
	Tags               []string       `json:"tags"`
	Venue              Venue          `json:"venue"`
	StartsAt           string         `json:"startsAt"`
	EndsAt             string         `json:"endsAt"`
	SaleStartsAt       string         `json:"saleStartsAt,omitzero"`
	SaleEndsAt         string         `json:"saleEndsAt,omitzero"`
	HoldSeconds        *int           `json:"holdSeconds,omitzero"`
	MaxSeatsPerBooking *int           `json:"maxSeatsPerBooking,omitzero"`
	Attributes         jsontext.Value `json:"attributes,omitzero"`
}

// fieldsOf returns the fields of an event as they would have been given.
func fieldsOf(e *eventra.Event) *EventFields {
	text := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return &EventFields{
		Title: e.Title, Description: e.Description, Category: e.Category, Tags: e.Tags, Venue: Venue(e.Venue),
		StartsAt: text(&e.StartsAt), EndsAt: text(&e.EndsAt),
		SaleStartsAt: text(e.SaleStartsAt), SaleEndsAt: text(e.SaleEndsAt),
		HoldSeconds: &e.HoldSeconds, MaxSeatsPerBooking: &e.MaxSeatsPerBooking, Attributes: jsontext.Value(e.Attributes),
	}
}

// apply sets an event's fields and checks the whole; what was left out gets
// its default. It names every fault at once.
func (f *EventFields) apply(e *eventra.Event) error {
	var faults eventra.Faults
	e.Title, e.Description, e.Category = strings.TrimSpace(f.Title), f.Description, strings.TrimSpace(f.Category)
	e.Tags, e.Venue = append([]string{}, f.Tags...), eventra.Venue(f.Venue)
	e.StartsAt = parseTime(&faults, "startsAt", f.StartsAt)
	e.EndsAt = parseTime(&faults, "endsAt", f.EndsAt)
	e.SaleStartsAt = parseOptionalTime(&faults, "saleStartsAt", f.SaleStartsAt)
	e.SaleEndsAt = parseOptionalTime(&faults, "saleEndsAt", f.SaleEndsAt)
	e.HoldSeconds = orDefault(f.HoldSeconds, eventra.HoldSecondsDefault)
	e.MaxSeatsPerBooking = orDefault(f.MaxSeatsPerBooking, eventra.MaxSeatsPerBookingDefault)
	e.Attributes = attributes(&faults, f.Attributes)

	var more eventra.Faults
	e.Validate(&more, timezoneExists)
	for _, fault := range more {
		if !named(faults, fault.Field) {
			faults = append(faults, fault)
		}
	}
	return faults.Err()
}

// named reports whether a field has a fault already, which makes others of it
// mere consequences.
func named(faults eventra.Faults, field string) bool {
	for _, fault := range faults {
		if fault.Field == field {
			return true
		}
	}
	return false
}

func parseOptionalTime(f *eventra.Faults, field, text string) *time.Time {
	if text == "" {
		return nil
	}
	t := parseTime(f, field, text)
	return &t
}

func orDefault(given *int, value int) int {
	if given != nil {
		return *given
	}
	return value
}

func timezoneExists(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil
}

// attributesMaxDepth is well below the 100 levels that a document store takes.
const attributesMaxDepth = 32

// attributes checks that a value can be stored in a document: not too deep,
// numbers that a float64 can hold, no NUL in any text.
func attributes(f *eventra.Faults, value jsontext.Value) json.RawMessage {
	if len(value) == 0 || value.Kind() == 'n' {
		return json.RawMessage("{}")
	}
	value = value.Clone()
	_ = value.Compact() // it was valid when the body was read
	decoder := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return json.RawMessage(value)
		case err != nil:
			f.Add("attributes", "type", "must be a JSON object")
			return json.RawMessage(value)
		case decoder.StackDepth() > attributesMaxDepth:
			f.Add("attributes", "too_deep", "must have at most %d levels", attributesMaxDepth)
			return json.RawMessage(value)
		case token.Kind() == '"' && strings.ContainsRune(token.String(), 0):
			f.Add("attributes", "invalid_text", "must not hold a NUL character")
			return json.RawMessage(value)
		case token.Kind() == '0' && isOutOfRange(token):
			f.Add("attributes", "range", "must not hold a number beyond a double's range")
			return json.RawMessage(value)
		}
	}
}

func isOutOfRange(number jsontext.Token) bool {
	_, err := number.Float()
	return err != nil
}
