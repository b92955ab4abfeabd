package eventra

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFacts_AreBounded(t *testing.T) {
	t.Parallel()
	require.Nil(t, Facts{}.JSON())
	require.JSONEq(t, `{"n": 7, "list": ["a", "b"], "nested": {"x": true}, "none": null}`,
		string(Facts{"n": 7, "list": []string{"a", "b"}, "nested": Facts{"x": true}, "none": nil}.JSON()))
	require.JSONEq(t, `{"seats": 21, "types": 21}`, string(Facts{"seats": make([]string, 21), "types": manyFacts(21, "")}.JSON()), "long lists are counted")
	require.JSONEq(t, `{"name": "ab�"}`, string(Facts{"name": "a\x00b\xff"}.JSON()), "PostgreSQL takes it")

	long := Facts{"text": strings.Repeat("é", 2000)}.JSON()
	require.Less(t, len(long), factTextMaxBytes+20)
	require.True(t, json.Valid(long))
	for name, f := range map[string]Facts{"many": manyFacts(200, strings.Repeat("x", 500)), "escaped": manyFacts(100, strings.Repeat("<", 1000))} {
		text := f.JSON()
		require.LessOrEqual(t, len(text), factsMaxBytes, name)
		var read map[string]any
		require.NoError(t, json.Unmarshal(text, &read))
		require.EqualValues(t, len(f)-len(read)+1, read["omitted"], name)
	}
}

func manyFacts(n int, value string) Facts {
	f := Facts{}
	for i := range n {
		f[strings.Repeat("k", i+1)] = value
	}
	return f
}

func TestEvent_AuditFactsAreWhatChanged(t *testing.T) {
	t.Parallel()
	starts := time.Date(2030, 5, 1, 19, 30, 0, 0, time.UTC)
	old := &Event{Title: "A show", StartsAt: starts, EndsAt: starts.Add(time.Hour), Tags: []string{"a"}, Attributes: json.RawMessage(`{"a": [1e999, "\u0000"]}`),
		Terms: Terms{Status: EventDraft, HoldSeconds: 600}, SeatsTotal: 1, Version: 1}
	same := *old
	same.StartsAt, same.Attributes = starts.In(time.FixedZone("", 3600)), json.RawMessage(`{"a":[1e999,"\u0000"]}`)
	same.SeatsTotal, same.Version, same.UpdatedAt = 2, 2, starts
	was, is := same.AuditFacts(old)
	require.Empty(t, was, "another form of the same")
	require.Empty(t, is)

	ends := starts.Add(time.Minute)
	e := same
	e.SaleEndsAt, e.HoldSeconds, e.Venue.City = &ends, 300, "Bonn"
	was, is = e.AuditFacts(old)
	require.JSONEq(t, `{"holdSeconds": 600, "venue": {"name": "", "address": "", "city": "", "country": "", "timezone": ""}}`, string(was.JSON()))
	require.JSONEq(t, `{"holdSeconds": 300, "saleEndsAt": "2030-05-01T19:31:00Z", "venue": {"name": "", "address": "", "city": "Bonn", "country": "", "timezone": ""}}`,
		string(is.JSON()))
	_, is = old.AuditFacts(nil)
	require.Contains(t, is["attributes"], `[1e999,"\u0000"]`, "as text")
}

func TestActorOf_AContextWithoutOneIsTheSystem(t *testing.T) {
	t.Parallel()
	require.Equal(t, Actor{Kind: ActorSystem}, ActorOf(t.Context()))
	a := Actor{ID: ID{1}, Kind: ActorUser, Address: "192.0.2.7", RequestID: "r"}
	require.Equal(t, a, ActorOf(WithActor(t.Context(), a)))
	require.True(t, a.Kind.Valid())
	require.False(t, Actor{}.Kind.Valid())
	require.True(t, Actor{}.IsZero())
}
