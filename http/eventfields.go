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
	Name     string `json:"name" minLength:"1" maxLength:"200" example:"Philharmonie" validate:"required"`
	Address  string `json:"address" maxLength:"200" example:"Herbert-von-Karajan-Str. 1"`
	City     string `json:"city" minLength:"1" maxLength:"200" example:"Berlin" validate:"required"`
	Country  string `json:"country" maxLength:"200" example:"DE"`
	Timezone string `json:"timezone" example:"Europe/Berlin" validate:"required"` // IANA name
}

// EventFields is what an organiser enters. Times are text, so that a bad one is
// reported together with all other faults.
type EventFields struct {
	Title               string         `json:"title" minLength:"1" maxLength:"200" example:"Symphony No. 9" validate:"required"`
	Description         string         `json:"description" maxLength:"10000" example:"An evening with the orchestra."`
	Category            string         `json:"category" minLength:"1" maxLength:"50" example:"concert" validate:"required"`
	Tags                []string       `json:"tags" example:"classical,live"` // at most 20, each of 1 to 50 characters
	Venue               Venue          `json:"venue" validate:"required"`
	StartsAt            string         `json:"startsAt" format:"date-time" example:"2030-05-01T19:30:00Z" validate:"required"`
	EndsAt              string         `json:"endsAt" format:"date-time" example:"2030-05-01T22:00:00Z" validate:"required"`
	SaleStartsAt        *string        `json:"saleStartsAt,omitzero" format:"date-time" example:"2027-01-01T09:00:00Z" extensions:"x-nullable"` // without it, at once
	SaleEndsAt          *string        `json:"saleEndsAt,omitzero" format:"date-time" example:"2030-05-01T19:00:00Z" extensions:"x-nullable"`   // without it, endsAt
	HoldSeconds         *int           `json:"holdSeconds,omitzero" minimum:"5" maximum:"3600" default:"600" example:"600" extensions:"x-nullable"`
	MaxSeatsPerBooking  *int           `json:"maxSeatsPerBooking,omitzero" minimum:"1" maximum:"50" default:"10" example:"10" extensions:"x-nullable"`
	MaxSeatsPerCustomer *int           `json:"maxSeatsPerCustomer,omitzero" minimum:"1" maximum:"1000000" example:"20" extensions:"x-nullable"` // without it, 2 × maxSeatsPerBooking
	OrphanRule          *string        `json:"orphanRule,omitzero" enums:"off,warn,strict" default:"off" example:"off" extensions:"x-nullable"` // for named seats that leave a single free one
	Attributes          jsontext.Value `json:"attributes,omitzero" swaggertype:"object" extensions:"x-nullable"`                                // for the organiser's own use; at most 16 KiB and 32 levels
}

// fieldsOf returns the fields from which apply would make the event.
func fieldsOf(e *eventra.Event) *EventFields {
	text := func(t *time.Time) *string {
		if t == nil {
			return nil
		}
		written := t.UTC().Format(time.RFC3339Nano)
		return &written
	}
	return &EventFields{
		Title: e.Title, Description: e.Description, Category: e.Category, Tags: e.Tags, Venue: Venue(e.Venue),
		StartsAt: *text(&e.StartsAt), EndsAt: *text(&e.EndsAt),
		SaleStartsAt: text(e.SaleStartsAt), SaleEndsAt: text(e.SaleEndsAt),
		HoldSeconds: &e.HoldSeconds, MaxSeatsPerBooking: &e.MaxSeatsPerBooking, Attributes: jsontext.Value(e.Attributes),
		MaxSeatsPerCustomer: given(e.MaxSeatsPerCustomer), OrphanRule: given(string(e.OrphanRule)),
	}
}

// given returns nil for the zero value, which stands for a setting's default.
func given[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// apply sets an event's fields and validates the event. A field that was left out
// gets its default. The error names every fault.
func (f *EventFields) apply(e *eventra.Event) error {
	var faults eventra.Faults
	e.Title, e.Description, e.Category = strings.TrimSpace(f.Title), f.Description, strings.TrimSpace(f.Category)
	e.Tags, e.Venue = make([]string, len(f.Tags)), eventra.Venue(f.Venue).Trimmed()
	for i, tag := range f.Tags {
		e.Tags[i] = strings.TrimSpace(tag)
	}
	e.StartsAt = parseTime(&faults, "startsAt", f.StartsAt)
	e.EndsAt = parseTime(&faults, "endsAt", f.EndsAt)
	e.SaleStartsAt = parseOptionalTime(&faults, "saleStartsAt", f.SaleStartsAt)
	e.SaleEndsAt = parseOptionalTime(&faults, "saleEndsAt", f.SaleEndsAt)
	e.HoldSeconds = orDefault(f.HoldSeconds, eventra.HoldSecondsDefault)
	e.MaxSeatsPerBooking = orDefault(f.MaxSeatsPerBooking, eventra.MaxSeatsPerBookingDefault)
	e.MaxSeatsPerCustomer = orDefault(f.MaxSeatsPerCustomer, 0)
	if f.MaxSeatsPerCustomer != nil && e.MaxSeatsPerCustomer == 0 {
		faults.Add("maxSeatsPerCustomer", "range", "must be from 1 to %d", eventra.MaxSeatsPerCustomerMax)
	}
	e.OrphanRule = eventra.OrphanRule(orDefault(f.OrphanRule, string(eventra.OrphanOff)))
	if e.OrphanRule == "" {
		faults.Add("orphanRule", "unknown", "must be off, warn or strict")
	}
	e.Attributes = attributes(&faults, f.Attributes)

	var more eventra.Faults
	e.Validate(&more)
	for _, fault := range more {
		if !named(faults, fault.Field) {
			faults = append(faults, fault)
		}
	}
	return faults.Err()
}

// named reports whether a field has a fault already. More faults of the field would
// only be consequences.
func named(faults eventra.Faults, field string) bool {
	for _, fault := range faults {
		if fault.Field == field {
			return true
		}
	}
	return false
}

func parseOptionalTime(f *eventra.Faults, field string, text *string) *time.Time {
	if text == nil {
		return nil
	}
	t := parseTime(f, field, *text)
	return &t
}

func orDefault[T any](given *T, value T) T {
	if given != nil {
		return *given
	}
	return value
}

// attributes checks that every reader of JSON can take the value: numbers are within a
// double's range. [eventra.Event.Validate] and checkShape check the rest.
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
