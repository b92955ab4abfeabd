package mongo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/mongo"
)

func TestDB_ListFilters(t *testing.T) {
	t.Parallel()
	db := open(t)
	jazz := newEvent("Jazz (live) 100%", summer)
	jazz.Category, jazz.Venue.City = "Jazz & Blues", "Zürich"
	opera := newEvent("Opera", summer.Add(time.Hour))
	opera.Description = "Carmen, in FRENCH"
	draft := newEvent("Draft", summer.Add(2*time.Hour))
	draft.Status = eventra.EventDraft
	insert(t, db, opera, draft, jazz)

	for name, test := range map[string]struct {
		filter eventra.EventFilter
		want   []string
	}{
		"none":                       {eventra.EventFilter{}, []string{jazz.Title, "Opera"}},
		"with drafts":                {eventra.EventFilter{WithDrafts: true}, []string{jazz.Title, "Opera", "Draft"}},
		"drafts only":                {eventra.EventFilter{WithDrafts: true, Status: eventra.EventDraft}, []string{"Draft"}},
		"drafts, without permission": {eventra.EventFilter{Status: eventra.EventDraft}, []string{jazz.Title, "Opera"}},
		"word in the title":          {eventra.EventFilter{Text: "jazz"}, []string{jazz.Title}},
		"word in the description":    {eventra.EventFilter{Text: "french"}, []string{"Opera"}},
		"part of a word":             {eventra.EventFilter{Text: "arme"}, []string{"Opera"}},
		"all words":                  {eventra.EventFilter{Text: " CARMEN\topera "}, []string{"Opera"}},
		"not all words":              {eventra.EventFilter{Text: "carmen jazz"}, nil},
		"a word of the city":         {eventra.EventFilter{Text: "ZÜRICH"}, []string{jazz.Title}},
		"decomposed letters":         {eventra.EventFilter{Text: "zu\u0308rich"}, []string{jazz.Title}},
		"characters of a pattern":    {eventra.EventFilter{Text: "(live)"}, []string{jazz.Title}},
		"a pattern":                  {eventra.EventFilter{Text: "j.zz"}, nil},
		"a broken pattern":           {eventra.EventFilter{Text: `[a-\`}, nil},
		"an operator":                {eventra.EventFilter{Text: `$ne {"$gt":""}`}, nil},
		"category":                   {eventra.EventFilter{Category: "jazz & blues"}, []string{jazz.Title}},
		"part of a category":         {eventra.EventFilter{Category: "jazz"}, nil},
		"city":                       {eventra.EventFilter{City: "zürich"}, []string{jazz.Title}},
		"from includes":              {eventra.EventFilter{From: opera.StartsAt}, []string{"Opera"}},
		"from, a nanosecond later":   {eventra.EventFilter{From: opera.StartsAt.Add(1)}, nil},
		"to excludes":                {eventra.EventFilter{To: opera.StartsAt}, []string{jazz.Title}},
		"to, a nanosecond later":     {eventra.EventFilter{To: opera.StartsAt.Add(1)}, []string{jazz.Title, "Opera"}},
		"all at once": {eventra.EventFilter{
			Text: "live", Category: "Jazz & Blues", City: "Zürich", From: summer, To: summer.Add(1), Status: eventra.EventPublished,
		}, []string{jazz.Title}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, next, err := db.List(t.Context(), test.filter, eventra.Page{Limit: 20})
			require.NoError(t, err)
			require.Nil(t, next)
			require.Equal(t, test.want, titles(events))
		})
	}
}

func TestDB_ListPagesNeitherSkipNorRepeat(t *testing.T) {
	t.Parallel()
	db := open(t)
	for i := range 7 { // three start at the same time
		insert(t, db, newEvent(string(rune('a'+i)), summer.Add(time.Duration(max(0, i-2))*time.Millisecond)))
	}
	for limit := 1; limit <= 8; limit++ {
		require.Equal(t, []string{"a", "b", "c", "d", "e", "f", "g"}, titles(allPages(t, db, limit)), "limit %d", limit)
	}
}

// TestDB_ListShowsWhatIsOverLast: upcoming events come first, those that are
// running among them, unless the filter has a time.
func TestDB_ListShowsWhatIsOverLast(t *testing.T) {
	t.Parallel()
	db := open(t)
	now := time.Now().Truncate(time.Millisecond)
	for title, from := range map[string]time.Duration{
		"past a": -72 * time.Hour, "past b": -48 * time.Hour, "running": -time.Hour, "tomorrow": 24 * time.Hour, "next week": 7 * 24 * time.Hour,
	} {
		e := newEvent(title, now.Add(from))
		e.EndsAt = e.StartsAt.Add(3 * time.Hour)
		insert(t, db, e)
	}
	for limit := 1; limit <= 6; limit++ {
		require.Equal(t, []string{"running", "tomorrow", "next week", "past a", "past b"}, titles(allPages(t, db, limit)), "limit %d", limit)
	}
	events, next, err := db.List(t.Context(), eventra.EventFilter{From: now.Add(-100 * time.Hour)}, eventra.Page{Limit: 3})
	require.NoError(t, err)
	require.Equal(t, []string{"past a", "past b", "running"}, titles(events))
	require.Zero(t, next.Split)

	// A cursor that an earlier release made has no split: its list goes on as it began.
	events, _, err = db.List(t.Context(), eventra.EventFilter{}, eventra.Page{Limit: 3,
		Cursor: &eventra.Cursor{Time: events[0].StartsAt, ID: events[0].ID}})
	require.NoError(t, err)
	require.Equal(t, []string{"past b", "running", "tomorrow"}, titles(events))
}

// TestDB_ListKeepsItsSplit: an event that ends while somebody reads the list is
// neither skipped nor repeated.
func TestDB_ListKeepsItsSplit(t *testing.T) {
	t.Parallel()
	db := open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i, title := range []string{"a", "b", "c"} {
		e := newEvent(title, now.Add(time.Duration(i-10)*time.Hour))
		e.EndsAt = now.Add(-time.Duration(3-i) * time.Minute)
		insert(t, db, e)
	}
	// The first page was read when all three were still running.
	split := now.Add(-time.Hour)
	first, next, err := db.List(t.Context(), eventra.EventFilter{}, eventra.Page{Limit: 1, Cursor: &eventra.Cursor{Split: split}})
	require.NoError(t, err)
	second, last, err := db.List(t.Context(), eventra.EventFilter{}, eventra.Page{Limit: 2, Cursor: next})
	require.NoError(t, err)
	require.Nil(t, last)
	require.Equal(t, []string{"a", "b", "c"}, append(titles(first), titles(second)...))
}

func allPages(t *testing.T, db *mongo.DB, limit int) (all []*eventra.Event) {
	page := eventra.Page{Limit: limit}
	for {
		events, next, err := db.List(t.Context(), eventra.EventFilter{}, page)
		require.NoError(t, err)
		require.LessOrEqual(t, len(events), limit)
		all = append(all, events...)
		if page.Cursor = next; next == nil {
			return all
		}
	}
}

func titles(events []*eventra.Event) (titles []string) {
	for _, e := range events {
		titles = append(titles, e.Title)
	}
	return titles
}
