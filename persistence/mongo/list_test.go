package mongo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/persistencetest"
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
	cancelled := newEvent("Cancelled", summer.Add(3*time.Hour))
	cancelled.Status = eventra.EventCancelled
	insert(t, db, opera, draft, jazz, cancelled)

	for name, test := range map[string]struct {
		filter eventra.EventFilter
		want   []string
	}{
		"none":                               {eventra.EventFilter{}, []string{jazz.Title, "Opera"}},
		"with drafts":                        {eventra.EventFilter{WithDrafts: true}, []string{jazz.Title, "Opera", "Draft", "Cancelled"}},
		"cancelled only":                     {eventra.EventFilter{WithDrafts: true, Status: eventra.EventCancelled}, []string{"Cancelled"}},
		"drafts only":                        {eventra.EventFilter{WithDrafts: true, Status: eventra.EventDraft}, []string{"Draft"}},
		"drafts, without permission":         {eventra.EventFilter{Status: eventra.EventDraft}, nil},
		"cancelled ones, without permission": {eventra.EventFilter{Status: eventra.EventCancelled}, nil},
		"published ones, without permission": {eventra.EventFilter{Status: eventra.EventPublished}, []string{jazz.Title, "Opera"}},
		"word in the title":                  {eventra.EventFilter{Text: "jazz"}, []string{jazz.Title}},
		"word in the description":            {eventra.EventFilter{Text: "french"}, []string{"Opera"}},
		"part of a word":                     {eventra.EventFilter{Text: "arme"}, []string{"Opera"}},
		"all words":                          {eventra.EventFilter{Text: " CARMEN\topera "}, []string{"Opera"}},
		"not all words":                      {eventra.EventFilter{Text: "carmen jazz"}, nil},
		"a word of the city":                 {eventra.EventFilter{Text: "ZÜRICH"}, []string{jazz.Title}},
		"decomposed letters":                 {eventra.EventFilter{Text: "zu\u0308rich"}, []string{jazz.Title}},
		"characters of a pattern":            {eventra.EventFilter{Text: "(live)"}, []string{jazz.Title}},
		"a pattern":                          {eventra.EventFilter{Text: "j.zz"}, nil},
		"a broken pattern":                   {eventra.EventFilter{Text: `[a-\`}, nil},
		"an operator":                        {eventra.EventFilter{Text: `$ne {"$gt":""}`}, nil},
		"category":                           {eventra.EventFilter{Category: "jazz & blues"}, []string{jazz.Title}},
		"part of a category":                 {eventra.EventFilter{Category: "jazz"}, nil},
		"city":                               {eventra.EventFilter{City: "zürich"}, []string{jazz.Title}},
		"city, white space around it":        {eventra.EventFilter{City: " Zurich\t"}, []string{jazz.Title}},
		"from includes":                      {eventra.EventFilter{From: opera.StartsAt}, []string{"Opera"}},
		"from, a nanosecond later":           {eventra.EventFilter{From: opera.StartsAt.Add(1)}, nil},
		"to excludes":                        {eventra.EventFilter{To: opera.StartsAt}, []string{jazz.Title}},
		"to, a nanosecond later":             {eventra.EventFilter{To: opera.StartsAt.Add(1)}, []string{jazz.Title, "Opera"}},
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

// TestDB_ListFindsWhatPeopleType: people type without the letters, accents and quotes
// that their keyboards lack, and others type them where the organiser did not.
func TestDB_ListFindsWhatPeopleType(t *testing.T) {
	t.Parallel()
	db := open(t)
	for i, title := range []string{"Crème brûlée", "São Paulo", "Straße des 17. Juni", "O’Neill", "Øresund – Ærø", "Łódź", "Σίσυφος", "İstanbul",
		"ﬁnale №9", "Ёлка", "가야금", "がく", "กำแพง", "हिन्दी", "ＲＯＣＫ", "كِتَاب", "Đà Nẵng", "caf\u00ade\u0301"} {
		insert(t, db, newEvent(title, summer.Add(time.Duration(i)*time.Minute)))
	}
	e := newEvent("trimmed", summer.Add(-time.Hour))
	e.Venue.City, e.Category = "São  Paulo ", "Théâtre"
	insert(t, db, e)
	for asked, want := range map[string]string{
		"creme brulee": "Crème brûlée", "CRE\u0300ME": "Crème brûlée", "strasse": "Straße des 17. Juni", "STRAẞE": "Straße des 17. Juni",
		"o'neill": "O’Neill", "O\u2018neill": "O’Neill", "O´NEILL": "O’Neill", "oresund - aero": "Øresund – Ærø", "lodz": "Łódź",
		"σισυφοσ": "Σίσυφος", "istanbul": "İstanbul", "ıstanbul": "İstanbul", "finale": "ﬁnale №9", "елка": "Ёлка", "\u1100\u1161야금": "가야금",
		"か\u3099く": "がく", "กำแพง": "กำแพง", "हिन्दी": "हिन्दी", "rock": "ＲＯＣＫ", "كتاب": "كِتَاب", "da nang": "Đà Nẵng", "cafe": "caf\u00ade\u0301",
	} {
		events, _, err := db.List(t.Context(), eventra.EventFilter{Text: asked}, eventra.Page{Limit: 20})
		require.NoError(t, err)
		require.Equal(t, []string{want}, titles(events), asked)
	}
	for _, other := range []string{"かく", "กาแพง", "हनद"} { // other words, not the same ones without accents
		events, _, err := db.List(t.Context(), eventra.EventFilter{Text: other}, eventra.Page{Limit: 20})
		require.NoError(t, err)
		require.Empty(t, events, other)
	}
	for _, city := range []string{"sao paulo", " SÃO PAULO", "São\u00a0Paulo"} {
		events, _, err := db.List(t.Context(), eventra.EventFilter{City: city, Category: " theatre "}, eventra.Page{Limit: 20})
		require.NoError(t, err)
		require.Equal(t, []string{"trimmed"}, titles(events), city)
	}
}

// TestDB_RefoldFindsEventsOfEarlierReleases, which folded case alone, and may
// write again while this release is running already.
func TestDB_RefoldFindsEventsOfEarlierReleases(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewMongo(t)
	db, stored := openURL(t, url), collection(t, url)
	for range 2 {
		for range 3 {
			e := newEvent("Crème", summer)
			insert(t, db, e)
			_, err := stored.UpdateByID(t.Context(), e.ID.String(), bson.D{
				{Key: "$set", Value: bson.D{{Key: "search", Value: bson.D{{Key: "text", Value: "crème"}}}}},
				{Key: "$unset", Value: bson.D{{Key: "searchForm", Value: ""}}}})
			require.NoError(t, err)
		}
		found := 0
		for _, want := range []int{2, 1, 0} {
			n, err := db.Refold(t.Context(), 2)
			require.NoError(t, err)
			require.Equal(t, want, n)
			found += n
		}
		require.Equal(t, 3, found)
	}
	events, _, err := db.List(t.Context(), eventra.EventFilter{Text: "creme"}, eventra.Page{Limit: 20})
	require.NoError(t, err)
	require.Len(t, events, 6)
	require.EqualValues(t, 1, events[0].Version, "the details are the same")
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
