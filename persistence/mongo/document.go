package mongo

import (
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// document is an event as it is stored. Times have milliseconds. Ids are text, which
// people can read and which sorts like the ids' bytes.
type document struct {
	ID                  string        `bson:"_id"`
	Title               string        `bson:"title"`
	Description         string        `bson:"description"`
	Category            string        `bson:"category"`
	Tags                []string      `bson:"tags"`
	Venue               venue         `bson:"venue"`
	StartsAt            time.Time     `bson:"startsAt"`
	EndsAt              time.Time     `bson:"endsAt"`
	Attributes          any           `bson:"attributes"` // see storedAttributes
	Status              string        `bson:"status"`
	SaleStartsAt        *time.Time    `bson:"saleStartsAt"`
	SaleEndsAt          *time.Time    `bson:"saleEndsAt"`
	HoldSeconds         int           `bson:"holdSeconds"`
	MaxSeatsPerBooking  int           `bson:"maxSeatsPerBooking"`
	MaxSeatsPerCustomer int           `bson:"maxSeatsPerCustomer,omitempty"`
	OrphanRule          string        `bson:"orphanRule,omitempty"`
	EverPublished       *bool         `bson:"everPublished"`
	Cancellation        *cancelOrder  `bson:"cancellation,omitempty"`
	Rescheduling        *rescheduling `bson:"rescheduling,omitempty"`
	SeatsTotal          int           `bson:"seatsTotal"`
	CreatedAt           time.Time     `bson:"createdAt"`
	UpdatedAt           time.Time     `bson:"updatedAt"`
	Version             int64         `bson:"version"`

	// Copied says that PostgreSQL has the terms of this version, and what Audit has.
	Copied bool         `bson:"copied"`
	Audit  []auditEntry `bson:"audit,omitempty"`
	// Search holds the texts that filters compare with, already folded, so that
	// filters do not depend on how a server compares letters.
	Search     search `bson:"search"`
	SearchForm int    `bson:"searchForm"`
}

type venue struct {
	Name     string `bson:"name"`
	Address  string `bson:"address"`
	City     string `bson:"city"`
	Country  string `bson:"country"`
	Timezone string `bson:"timezone"`
}

type cancelOrder struct {
	At     time.Time `bson:"at"`
	Reason string    `bson:"reason"`
}

func newCancelOrder(o *eventra.CancelOrder) *cancelOrder {
	if o == nil {
		return nil
	}
	return &cancelOrder{o.At, o.Reason}
}

func (o *cancelOrder) order() *eventra.CancelOrder {
	if o == nil {
		return nil
	}
	return &eventra.CancelOrder{At: o.At.UTC(), Reason: o.Reason}
}

type rescheduling struct {
	ID          string    `bson:"id"`
	At          time.Time `bson:"at"`
	Message     string    `bson:"message"`
	WasStartsAt time.Time `bson:"wasStartsAt"`
	WasVenue    venue     `bson:"wasVenue"`
}

func newRescheduling(r *eventra.Rescheduling) *rescheduling {
	if r == nil {
		return nil
	}
	return &rescheduling{r.ID.String(), r.At, r.Message, r.WasStartsAt, venue(r.WasVenue)}
}

func (r *rescheduling) rescheduling() (*eventra.Rescheduling, error) {
	if r == nil {
		return nil, nil
	}
	id, err := eventra.ParseID(r.ID)
	return &eventra.Rescheduling{ID: id, At: r.At.UTC(), Message: r.Message, WasStartsAt: r.WasStartsAt.UTC(), WasVenue: eventra.Venue(r.WasVenue)}, err
}

type search struct {
	Text     string `bson:"text"`
	Category string `bson:"category"`
	City     string `bson:"city"`
}

func newSearch(e *eventra.Event) search {
	return search{
		Text:     fold(strings.Join([]string{e.Title, e.Description, e.Category, e.Venue.City}, "\n")),
		Category: fold(e.Category),
		City:     fold(e.Venue.City),
	}
}

func newDocument(e *eventra.Event, copied bool) (*document, error) {
	attributes, err := storedAttributes(e.Attributes)
	if err != nil {
		return nil, err
	}
	return &document{
		ID:                  e.ID.String(),
		Title:               e.Title,
		Description:         e.Description,
		Category:            e.Category,
		Tags:                append([]string{}, e.Tags...), // an empty list, never null
		Venue:               venue(e.Venue),
		StartsAt:            e.StartsAt,
		EndsAt:              e.EndsAt,
		Attributes:          attributes,
		Status:              string(e.Status),
		SaleStartsAt:        e.SaleStartsAt,
		SaleEndsAt:          e.SaleEndsAt,
		HoldSeconds:         e.HoldSeconds,
		MaxSeatsPerBooking:  e.MaxSeatsPerBooking,
		MaxSeatsPerCustomer: e.MaxSeatsPerCustomer,
		OrphanRule:          string(e.OrphanRule),
		EverPublished:       &e.EverPublished,
		Cancellation:        newCancelOrder(e.Cancellation),
		Rescheduling:        newRescheduling(e.Rescheduling),
		SeatsTotal:          e.SeatsTotal,
		CreatedAt:           e.CreatedAt,
		UpdatedAt:           e.UpdatedAt,
		Version:             e.Version,
		Copied:              copied,
		Audit:               newAuditEntries(e.Audit),
		Search:              newSearch(e),
		SearchForm:          searchForm,
	}, nil
}

func (d *document) event() (*eventra.Event, error) {
	id, err := eventra.ParseID(d.ID)
	if err != nil {
		return nil, fmt.Errorf("mongo: document %q: %w", d.ID, err)
	}
	attributes, err := readAttributes(d.Attributes)
	if err != nil {
		return nil, fmt.Errorf("mongo: document %s: %w", d.ID, err)
	}
	rescheduled, err := d.Rescheduling.rescheduling()
	if err != nil {
		return nil, fmt.Errorf("mongo: document %s: %w", d.ID, err)
	}
	audit, err := d.uncopiedAudit(id)
	if err != nil {
		return nil, fmt.Errorf("mongo: document %s: %w", d.ID, err)
	}
	return &eventra.Event{
		ID:          id,
		Title:       d.Title,
		Description: d.Description,
		Category:    d.Category,
		Tags:        append([]string{}, d.Tags...),
		Venue:       eventra.Venue(d.Venue),
		StartsAt:    d.StartsAt.UTC(),
		EndsAt:      d.EndsAt.UTC(),
		Attributes:  attributes,
		Terms: eventra.Terms{
			Status:              eventra.EventStatus(d.Status),
			SaleStartsAt:        utc(d.SaleStartsAt),
			SaleEndsAt:          utc(d.SaleEndsAt),
			HoldSeconds:         d.HoldSeconds,
			MaxSeatsPerBooking:  d.MaxSeatsPerBooking,
			MaxSeatsPerCustomer: d.MaxSeatsPerCustomer,
			OrphanRule:          eventra.OrphanRule(d.OrphanRule),
			EverPublished:       d.everPublished(),
		},
		Cancellation: d.Cancellation.order(),
		Rescheduling: rescheduled,
		SeatsTotal:   d.SeatsTotal,
		CreatedAt:    d.CreatedAt.UTC(),
		UpdatedAt:    d.UpdatedAt.UTC(),
		Version:      d.Version,
		Audit:        audit,
	}, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// everPublished takes a cancelled event of an earlier build for one that was published: that is
// what the build showed, and what the event's buyers have to find.
func (d *document) everPublished() bool {
	if d.EverPublished == nil {
		return d.Status != string(eventra.EventDraft)
	}
	return *d.EverPublished
}
