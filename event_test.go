package eventra_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func goodEvent() *eventra.Event {
	return &eventra.Event{ID: named("show"), Title: "Concert", Category: "music", Tags: []string{"jazz"},
		Venue:    eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		StartsAt: opening.Add(24 * time.Hour), EndsAt: opening.Add(26 * time.Hour),
		Attributes: json.RawMessage(`{}`), Terms: testTerms()}
}

func TestEvent_Validate(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		instant, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return instant
	}
	tests := []struct {
		name  string
		spoil func(*eventra.Event)
		want  string
	}{
		{"good", func(*eventra.Event) {}, ""},
		{"no title", func(e *eventra.Event) { e.Title = "" }, "title length"},
		{"blank title", func(e *eventra.Event) { e.Title = "  " }, "title blank"},
		{"long title", func(e *eventra.Event) { e.Title = strings.Repeat("ü", 201) }, "title length"},
		{"longest description", func(e *eventra.Event) { e.Description = strings.Repeat("ü", 10_000) }, ""},
		{"description too long", func(e *eventra.Event) { e.Description = strings.Repeat("u", 10_001) }, "description length"},
		{"lines in the description", func(e *eventra.Event) { e.Description = "a\r\n\tb" }, ""},
		{"title of two lines", func(e *eventra.Event) { e.Title = "A\nB" }, "title invalid_text"},
		{"description of two lines", func(e *eventra.Event) { e.Description = "A\n\tB" }, ""},
		{"control character", func(e *eventra.Event) { e.Description = "\x00" }, "description invalid_text"},
		{"no category", func(e *eventra.Event) { e.Category = "" }, "category length"},
		{"no tags", func(e *eventra.Event) { e.Tags = nil }, ""},
		{"too many tags", func(e *eventra.Event) { e.Tags = make([]string, 21) }, "tags too_many"},
		{"empty tag", func(e *eventra.Event) { e.Tags = []string{"a", ""} }, "tags[1] length"},
		{"no venue", func(e *eventra.Event) { e.Venue = eventra.Venue{} },
			"venue.name length, venue.city length, venue.timezone unknown_timezone"},
		{"unknown zone", func(e *eventra.Event) { e.Venue.Timezone = "Europe/Bärlin" }, "venue.timezone unknown_timezone"},
		{"the machine's zone", func(e *eventra.Event) { e.Venue.Timezone = "Local" }, "venue.timezone unknown_timezone"},
		{"ends as it starts", func(e *eventra.Event) { e.EndsAt = e.StartsAt }, "endsAt order"},
		{"no times", func(e *eventra.Event) { e.StartsAt, e.EndsAt = time.Time{}, time.Time{} },
			"startsAt range, endsAt range, endsAt order"},
		{"last year", func(e *eventra.Event) { e.EndsAt = at("9999-12-31T23:59:59Z") }, ""},
		{"past the last year in UTC", func(e *eventra.Event) { e.EndsAt = at("9999-12-31T23:59:59-01:00") }, "endsAt range"},
		{"before the first year in UTC", func(e *eventra.Event) { e.StartsAt = at("2000-01-01T00:00:00+01:00") }, "startsAt range"},
		{"sale window", func(e *eventra.Event) { e.SaleStartsAt, e.SaleEndsAt = &opening, &e.StartsAt }, ""},
		{"sale that ends as it starts", func(e *eventra.Event) { e.SaleStartsAt, e.SaleEndsAt = &opening, &opening }, "saleEndsAt order"},
		{"sale that ends as the event starts", func(e *eventra.Event) { e.SaleEndsAt = &e.StartsAt }, ""},
		{"sale that ends with the event", func(e *eventra.Event) { e.SaleEndsAt = &e.EndsAt }, ""},
		{"sale that ends after the event", func(e *eventra.Event) { later := e.EndsAt.Add(1); e.SaleEndsAt = &later }, ""},
		{"sale that starts as the event ends", func(e *eventra.Event) { e.SaleStartsAt = &e.EndsAt }, "saleStartsAt order"},
		{"sale that starts during the event", func(e *eventra.Event) { e.SaleStartsAt = &e.StartsAt }, ""},
		{"sale of no year", func(e *eventra.Event) { e.SaleStartsAt = &time.Time{} }, "saleStartsAt range"},
		{"hold too short", func(e *eventra.Event) { e.HoldSeconds = 4 }, "holdSeconds range"},
		{"shortest hold", func(e *eventra.Event) { e.HoldSeconds = 5 }, ""},
		{"longest hold", func(e *eventra.Event) { e.HoldSeconds = 3600 }, ""},
		{"hold too long", func(e *eventra.Event) { e.HoldSeconds = 3601 }, "holdSeconds range"},
		{"no seats a booking", func(e *eventra.Event) { e.MaxSeatsPerBooking = 0 }, "maxSeatsPerBooking range"},
		{"too many seats a booking", func(e *eventra.Event) { e.MaxSeatsPerBooking = 51 }, "maxSeatsPerBooking range"},
		{"one seat a customer", func(e *eventra.Event) { e.MaxSeatsPerCustomer = 1 }, ""},
		{"most seats a customer", func(e *eventra.Event) { e.MaxSeatsPerCustomer = 1_000_000 }, ""},
		{"too many seats a customer", func(e *eventra.Event) { e.MaxSeatsPerCustomer = 1_000_001 }, "maxSeatsPerCustomer range"},
		{"less than no seats a customer", func(e *eventra.Event) { e.MaxSeatsPerCustomer = -1 }, "maxSeatsPerCustomer range"},
		{"orphan rule", func(e *eventra.Event) { e.OrphanRule = eventra.OrphanStrict }, ""},
		{"unknown orphan rule", func(e *eventra.Event) { e.OrphanRule = "loose" }, "orphanRule unknown"},
		{"attributes", func(e *eventra.Event) { e.Attributes = json.RawMessage(" {\"a\": [1]}\n") }, ""},
		{"no attributes", func(e *eventra.Event) { e.Attributes = nil }, "attributes type"},
		{"attributes of another type", func(e *eventra.Event) { e.Attributes = json.RawMessage(`[]`) }, "attributes type"},
		{"broken attributes", func(e *eventra.Event) { e.Attributes = json.RawMessage(`{"a"}`) }, "attributes type"},
		{"too many attributes", func(e *eventra.Event) {
			e.Attributes = json.RawMessage(`{"a":"` + strings.Repeat("x", 16<<10) + `"}`)
		}, "attributes too_large"},
		{"deepest attributes", func(e *eventra.Event) {
			e.Attributes = json.RawMessage(`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `,"b":[]}`)
		}, ""},
		{"attributes too deep", func(e *eventra.Event) {
			e.Attributes = json.RawMessage(`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`)
		}, "attributes too_deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := goodEvent()
			test.spoil(e)
			var f eventra.Faults
			e.Validate(&f)
			require.Equal(t, test.want, strings.Join(codes(f), ", "))
		})
	}
}

func TestEventStatus_CanBecome(t *testing.T) {
	t.Parallel()
	all := []eventra.EventStatus{eventra.EventDraft, eventra.EventPublished, eventra.EventCancelled, ""}
	allowed := map[[2]eventra.EventStatus]bool{
		{eventra.EventDraft, eventra.EventPublished}:     true,
		{eventra.EventDraft, eventra.EventCancelled}:     true,
		{eventra.EventPublished, eventra.EventCancelled}: true,
	}
	for _, from := range all {
		require.Equal(t, from != "", from.Valid())
		for _, to := range all {
			require.Equal(t, allowed[[2]eventra.EventStatus{from, to}], from.CanBecome(to), "%s to %s", from, to)
		}
	}
}

func TestEvent_CheckChange_LocksTimeAndPlace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*eventra.Event)
		locked bool
	}{
		{"title", func(e *eventra.Event) { e.Title = "Other" }, false},
		{"terms", func(e *eventra.Event) { e.HoldSeconds, e.SaleEndsAt = 60, &e.StartsAt }, false},
		{"start", func(e *eventra.Event) { e.StartsAt = e.StartsAt.Add(time.Second) }, true},
		{"end", func(e *eventra.Event) { e.EndsAt = e.EndsAt.Add(time.Second) }, true},
		{"same start in another zone", func(e *eventra.Event) { e.StartsAt = e.StartsAt.In(time.FixedZone("x", 3600)) }, false},
		{"venue", func(e *eventra.Event) { e.Venue.City = "Bonn" }, true},
		{"white space around a city", func(e *eventra.Event) { e.Venue.City += " " }, false},
	}
	for _, test := range tests {
		for status, locked := range map[eventra.EventStatus]bool{
			eventra.EventDraft: false, eventra.EventPublished: test.locked, eventra.EventCancelled: true} {
			old, next := goodEvent(), goodEvent()
			old.Status = status
			test.change(next)
			err := next.CheckChange(old)
			require.Equal(t, locked, eventra.CodeOf(err) == eventra.CodeEventLocked, "%s of a %s event: %v", test.name, status, err)
		}
	}
}

// TestEvent_SaleTerms_EndWithTheEvent: an organiser who gives the sale no end does
// not sell tickets for what is over.
func TestEvent_SaleTerms_EndWithTheEvent(t *testing.T) {
	t.Parallel()
	ends := opening.Add(2 * time.Hour)
	e := &eventra.Event{StartsAt: opening.Add(time.Hour), EndsAt: ends, Terms: testTerms()}
	require.Equal(t, ends, *e.SaleTerms().SaleEndsAt)
	require.Nil(t, e.SaleEndsAt, "the details stay as the organiser gave them")
	require.True(t, e.SaleTerms().OpenAt(ends.Add(-1)))
	require.False(t, e.SaleTerms().OpenAt(ends))
	for _, other := range []time.Time{opening.Add(time.Minute), ends.Add(time.Hour)} {
		e.SaleEndsAt = &other
		require.Equal(t, other, *e.SaleTerms().SaleEndsAt)
	}
}

func TestTerms_CustomerLimit(t *testing.T) {
	t.Parallel()
	require.Equal(t, 20, eventra.Terms{MaxSeatsPerBooking: 10}.CustomerLimit(), "twice a booking, unless set")
	require.Equal(t, 3, eventra.Terms{MaxSeatsPerBooking: 10, MaxSeatsPerCustomer: 3}.CustomerLimit())
}
