package eventra

import (
	"encoding/json"
	"strings"
	"time"
)

// EventStatus is the state of an event. Only a published event is on sale, and only
// administrators see an event that never was published: see [Terms.Private].
type EventStatus string

// The states of an event.
const (
	EventDraft     EventStatus = "DRAFT"
	EventPublished EventStatus = "PUBLISHED"
	EventCancelled EventStatus = "CANCELLED"
)

// Valid reports whether the status is one of the three above.
func (s EventStatus) Valid() bool {
	return s == EventDraft || s == EventPublished || s == EventCancelled
}

// CanBecome reports whether a transition exists: DRAFT to PUBLISHED, and either
// of them to CANCELLED, which is final.
func (s EventStatus) CanBecome(next EventStatus) bool {
	switch next {
	case EventPublished:
		return s == EventDraft
	case EventCancelled:
		return s == EventDraft || s == EventPublished
	}
	return false
}

// Event is a performance: the details that people read, and the terms of its sale.
type Event struct {
	ID          ID              `json:"id"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Category    string          `json:"category"`
	Tags        []string        `json:"tags"`
	Venue       Venue           `json:"venue"`
	StartsAt    time.Time       `json:"startsAt"`
	EndsAt      time.Time       `json:"endsAt"`
	Attributes  json.RawMessage `json:"attributes"` // a JSON object with whatever the organiser needs
	Terms
	// Cancellation is nil unless the event is cancelled, and also if an earlier release
	// did that.
	Cancellation *CancelOrder `json:"cancellation,omitempty"`
	// Rescheduling is the latest; nil if there was none.
	Rescheduling *Rescheduling `json:"rescheduling,omitempty"`
	SeatsTotal   int           `json:"seatsTotal"`
	CreatedAt    time.Time     `json:"createdAt"`
	UpdatedAt    time.Time     `json:"updatedAt"`
	Version      int64         `json:"version"` // of the details; each write adds one
	// Audit is what the audit log in PostgreSQL may not have yet of the event's changes. It goes there with the terms.
	Audit []AuditEntry `json:"-"`
}

// Venue is the place of an event.
type Venue struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	City     string `json:"city"`
	Country  string `json:"country"`
	Timezone string `json:"timezone"` // IANA name
}

// Trimmed returns the venue without white space around its texts. A time zone's
// name is taken as it is.
func (v Venue) Trimmed() Venue {
	for _, text := range []*string{&v.Name, &v.Address, &v.City, &v.Country} {
		*text = strings.TrimSpace(*text)
	}
	return v
}

// Terms are the facts about an event that its sale obeys. They are written with
// the details and copied to PostgreSQL; the sale reads only the copy.
type Terms struct {
	Status             EventStatus `json:"status"`
	SaleStartsAt       *time.Time  `json:"saleStartsAt,omitempty"`
	SaleEndsAt         *time.Time  `json:"saleEndsAt,omitempty"`
	HoldSeconds        int         `json:"holdSeconds"`
	MaxSeatsPerBooking int         `json:"maxSeatsPerBooking"`
	// MaxSeatsPerCustomer is 0 if the organiser has not set it: see [Terms.CustomerLimit].
	MaxSeatsPerCustomer int        `json:"maxSeatsPerCustomer,omitempty"`
	OrphanRule          OrphanRule `json:"orphanRule,omitempty"`
	// EverPublished stays true when a published event is cancelled.
	EverPublished bool `json:"everPublished,omitempty"`
}

// OrphanRule says what becomes of a pick of named seats that leaves a single free seat
// between taken ones.
type OrphanRule string

// The rules about such picks. The zero value is OrphanOff.
const (
	OrphanOff    OrphanRule = "off"    // nothing
	OrphanWarn   OrphanRule = "warn"   // it is held, with a warning
	OrphanStrict OrphanRule = "strict" // it is refused if another pick for the same people leaves none
)

// OrDefault returns the rule, OrphanOff for the zero value.
func (r OrphanRule) OrDefault() OrphanRule {
	if r == "" {
		return OrphanOff
	}
	return r
}

// Valid reports whether the rule is one of the three above, or the zero value.
func (r OrphanRule) Valid() bool {
	switch r.OrDefault() {
	case OrphanOff, OrphanWarn, OrphanStrict:
		return true
	}
	return false
}

// CustomerLimit returns how many tickets one customer may have in live bookings of the
// event: MaxSeatsPerCustomer, or twice MaxSeatsPerBooking.
func (t Terms) CustomerLimit() int {
	if t.MaxSeatsPerCustomer == 0 {
		return 2 * t.MaxSeatsPerBooking
	}
	return t.MaxSeatsPerCustomer
}

// Become gives the event another status.
func (t *Terms) Become(next EventStatus) {
	t.EverPublished = t.EverPublished || t.Status == EventPublished || next == EventPublished
	t.Status = next
}

// HasBeen reports whether the event has a status, or has had it.
func (t Terms) HasBeen(status EventStatus) bool {
	return t.Status == status || status == EventPublished && t.EverPublished || status == EventDraft
}

// Private reports whether only administrators may learn that the event exists: it is a
// draft, or was cancelled as one.
func (t Terms) Private() bool { return t.Status != EventPublished && !t.EverPublished }

// Hold returns the time from a hold's commit to its deadline.
func (t Terms) Hold() time.Duration { return time.Duration(t.HoldSeconds) * time.Second }

// OpenAt reports whether seats may be held at that time: from SaleStartsAt on,
// and before SaleEndsAt.
func (t Terms) OpenAt(now time.Time) bool {
	return t.Status == EventPublished &&
		(t.SaleStartsAt == nil || !now.Before(*t.SaleStartsAt)) &&
		(t.SaleEndsAt == nil || now.Before(*t.SaleEndsAt))
}

// SaleTerms returns the terms as the sale obeys them: without an end of its own, which may
// be later, the sale ends with the event.
func (e *Event) SaleTerms() Terms {
	terms := e.Terms
	if terms.SaleEndsAt == nil {
		ends := e.EndsAt
		terms.SaleEndsAt = &ends
	}
	return terms
}

// Limits of an event's details.
const (
	TitleMaxRunes       = 200
	DescriptionMaxRunes = 10_000
	CategoryMaxRunes    = 50
	TagsMax             = 20
	TagMaxRunes         = 50
	VenueFieldMaxRunes  = 200
	AttributesMaxBytes  = 16 << 10
	AttributesDepthMax  = 32 // levels of objects and arrays
)

// Limits and defaults of an event's terms.
const (
	HoldSecondsMin            = 5
	HoldSecondsMax            = 3600
	HoldSecondsDefault        = 600
	MaxSeatsPerBookingMin     = 1
	MaxSeatsPerBookingMax     = 50
	MaxSeatsPerBookingDefault = 10
	MaxSeatsPerCustomerMax    = 1_000_000
)

// Validate checks everything that an organiser enters. It looks the time zone
// up in the system's database, or in the one that the program carries.
func (e *Event) Validate(f *Faults) {
	validateLine(f, "title", e.Title, 1, TitleMaxRunes)
	validateText(f, "description", e.Description, 0, DescriptionMaxRunes)
	validateLine(f, "category", e.Category, 1, CategoryMaxRunes)
	if len(e.Tags) > TagsMax {
		f.Add("tags", "too_many", "must have at most %d entries", TagsMax)
	} else {
		for i, tag := range e.Tags {
			validateLine(f, indexed("tags", i), tag, 1, TagMaxRunes)
		}
	}
	validateLine(f, "venue.name", e.Venue.Name, 1, VenueFieldMaxRunes)
	validateLine(f, "venue.address", e.Venue.Address, 0, VenueFieldMaxRunes)
	validateLine(f, "venue.city", e.Venue.City, 1, VenueFieldMaxRunes)
	validateLine(f, "venue.country", e.Venue.Country, 0, VenueFieldMaxRunes)
	if !timezoneExists(e.Venue.Timezone) {
		f.Add("venue.timezone", "unknown_timezone", "must be an IANA time zone such as Europe/Berlin")
	}
	validateTimes(f, e)
	if e.HoldSeconds < HoldSecondsMin || e.HoldSeconds > HoldSecondsMax {
		f.Add("holdSeconds", "range", "must be from %d to %d", HoldSecondsMin, HoldSecondsMax)
	}
	if e.MaxSeatsPerBooking < MaxSeatsPerBookingMin || e.MaxSeatsPerBooking > MaxSeatsPerBookingMax {
		f.Add("maxSeatsPerBooking", "range", "must be from %d to %d", MaxSeatsPerBookingMin, MaxSeatsPerBookingMax)
	}
	if e.MaxSeatsPerCustomer < 0 || e.MaxSeatsPerCustomer > MaxSeatsPerCustomerMax {
		f.Add("maxSeatsPerCustomer", "range", "must be from 1 to %d", MaxSeatsPerCustomerMax)
	}
	if !e.OrphanRule.Valid() {
		f.Add("orphanRule", "unknown", "must be off, warn or strict")
	}
	switch {
	case len(e.Attributes) > AttributesMaxBytes:
		f.Add("attributes", "too_large", "must have at most %d bytes", AttributesMaxBytes)
	case !isJSONObject(e.Attributes):
		f.Add("attributes", "type", "must be a JSON object")
	case jsonDepth(e.Attributes) > AttributesDepthMax:
		f.Add("attributes", "too_deep", "must have at most %d levels", AttributesDepthMax)
	}
}

func timezoneExists(name string) bool {
	if name == "" || name == "Local" { // which LoadLocation knows, too
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func validateTimes(f *Faults, e *Event) {
	instant := func(field string, t time.Time) {
		if y := t.UTC().Year(); y < 2000 || y > 9999 {
			f.Add(field, "range", "must be a time between the years 2000 and 9999")
		}
	}
	instant("startsAt", e.StartsAt)
	instant("endsAt", e.EndsAt)
	if !e.EndsAt.After(e.StartsAt) {
		f.Add("endsAt", "order", "must be after startsAt")
	}
	if e.SaleStartsAt != nil {
		instant("saleStartsAt", *e.SaleStartsAt)
		if e.SaleEndsAt == nil && !e.SaleStartsAt.Before(e.EndsAt) {
			f.Add("saleStartsAt", "order", "must be before endsAt")
		}
	}
	if e.SaleEndsAt != nil {
		instant("saleEndsAt", *e.SaleEndsAt)
		if e.SaleStartsAt != nil && !e.SaleEndsAt.After(*e.SaleStartsAt) {
			f.Add("saleEndsAt", "order", "must be after saleStartsAt")
		}
	}
}

// CheckChange returns a CodeEventLocked error if old must not become e. Tickets
// are bought for a time and a place, so these are fixed once the event is
// published; a cancelled event is fixed as a whole.
func (e *Event) CheckChange(old *Event) error {
	switch old.Status {
	case EventCancelled:
		return Errorf(CodeEventLocked, "the event is cancelled")
	case EventPublished:
		if !e.StartsAt.Equal(old.StartsAt) || !e.EndsAt.Equal(old.EndsAt) || e.Venue.Trimmed() != old.Venue.Trimmed() {
			return Errorf(CodeEventLocked, "startsAt, endsAt and venue of a published event change by rescheduling it")
		}
	}
	return nil
}

// EventVersion is what two stores compare of an event.
type EventVersion struct {
	ID         ID
	Version    int64
	Title      string
	SeatsTotal int
}
