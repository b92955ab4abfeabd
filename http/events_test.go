package http

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestEvents_ShowDraftsToAdminsOnly(t *testing.T) {
	ts := newTestServer(t)
	for _, part := range []string{"", "/seats", "/pricing", "/availability"} {
		path := "/api/v1/events/" + ts.draft + part
		ts.problem(ts.send("GET", path, "", ""), 404, eventra.CodeEventNotFound)
		ts.problem(ts.send("GET", path, ts.userToken, ""), 404, eventra.CodeEventNotFound)
		ts.ok(200, "GET", path, ts.adminToken, "")
	}
	list, _ := ts.ok(200, "GET", "/api/v1/events", "", "")
	require.Len(t, list["items"], 1)
	list, _ = ts.ok(200, "GET", "/api/v1/events", ts.adminToken, "")
	require.Len(t, list["items"], 2)
}

func TestEvents_ShowCancelledDraftsToAdminsOnly(t *testing.T) {
	ts := newTestServer(t)
	for _, id := range []string{ts.draft, ts.published} {
		ts.ok(200, "POST", "/api/v1/events/"+id+"/cancel", ts.adminToken, "")
	}
	for _, part := range []string{"", "/seats", "/pricing", "/availability", "/seats/stream"} {
		path := "/api/v1/events/" + ts.draft + part
		ts.problem(ts.send("GET", path, "", ""), 404, eventra.CodeEventNotFound)
		ts.problem(ts.send("GET", path, ts.userToken, ""), 404, eventra.CodeEventNotFound)
		ts.ok(200, "HEAD", path, ts.adminToken, "")
		ts.ok(200, "HEAD", "/api/v1/events/"+ts.published+part, "", "")
	}
}

func TestEvents_Create(t *testing.T) {
	ts := newTestServer(t)
	made, a := ts.ok(201, "POST", "/api/v1/events", ts.adminToken, validEvent)
	require.Equal(t, "/api/v1/events/"+made["id"].(string), a.Header.Get("Location"))
	require.Equal(t, `"v1"`, a.Header.Get("ETag"))
	require.Equal(t, "DRAFT", made["status"])
	require.EqualValues(t, 600, made["holdSeconds"])
	require.EqualValues(t, 10, made["maxSeatsPerBooking"])
	require.EqualValues(t, 20, made["maxSeatsPerCustomer"])
	require.Equal(t, "off", made["orphanRule"])
	require.Equal(t, "2030-05-01T19:30:00.000Z", made["startsAt"])
	require.NotContains(t, made, "saleStartsAt")
	require.Equal(t, map[string]any{"x": []any{1.0, map[string]any{"y": nil}}}, made["attributes"])
	by := ts.fakes.actor
	require.Equal(t, eventra.ActorUser, by.Kind)
	require.Equal(t, eventra.RoleAdmin, ts.fakes.users[by.ID].Role)
	require.Equal(t, "127.0.0.1", by.Address)
	require.Equal(t, a.Header.Get("X-Request-Id"), by.RequestID)
}

func TestEvents_TrimTexts(t *testing.T) {
	ts := newTestServer(t)
	made, _ := ts.ok(201, "POST", "/api/v1/events", ts.adminToken, strings.NewReplacer(`"T"`, `" T "`, `"a"`, `" a"`, `"V"`, `"V "`, `"B"`, `"\tB "`).Replace(validEvent))
	venue := made["venue"].(map[string]any)
	require.Equal(t, []any{"T", "V", "B", []any{"a"}}, []any{made["title"], venue["name"], venue["city"], made["tags"]})
}

func TestEvents_Patch(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.published
	patch := func(body string, headers ...string) map[string]any {
		got, _ := ts.ok(200, "PATCH", path, ts.adminToken, body, headers...)
		return got
	}
	got := patch(`{"title":"New","venue":{"name":"Arena"},"attributes":{"a":{"b":null,"d":[null]},"e":1},"holdSeconds":30,"saleEndsAt":"2030-05-01T00:00:00+02:00"}`,
		"Content-Type: application/merge-patch+json")
	require.Equal(t, "New", got["title"])
	require.Equal(t, "Arena", got["venue"].(map[string]any)["name"])
	require.Equal(t, "Berlin", got["venue"].(map[string]any)["city"])
	require.Equal(t, map[string]any{"a": map[string]any{"c": 2.0, "d": []any{nil}}, "e": 1.0}, got["attributes"])
	require.Equal(t, "2030-04-30T22:00:00.000Z", got["saleEndsAt"])
	require.EqualValues(t, 4, got["version"])

	got = patch(`{"saleEndsAt":null,"holdSeconds":null,"attributes":null,"tags":null}`)
	require.NotContains(t, got, "saleEndsAt")
	require.EqualValues(t, 600, got["holdSeconds"])
	require.Equal(t, map[string]any{}, got["attributes"])
	require.Equal(t, []any{}, got["tags"])

	got = patch(`{"maxSeatsPerBooking":4,"orphanRule":"strict","saleEndsAt":"2031-01-01T00:00:00Z"}`)
	require.EqualValues(t, 8, got["maxSeatsPerCustomer"], "twice a booking, unless set")
	require.Equal(t, "strict", got["orphanRule"])
	require.Equal(t, "2031-01-01T00:00:00.000Z", got["saleEndsAt"], "after the event")
	got = patch(`{"maxSeatsPerCustomer":5,"maxSeatsPerBooking":3}`)
	require.EqualValues(t, 5, got["maxSeatsPerCustomer"])
	require.Equal(t, "strict", got["orphanRule"])
	got = patch(`{"maxSeatsPerCustomer":null,"orphanRule":null}`)
	require.EqualValues(t, 6, got["maxSeatsPerCustomer"])
	require.Equal(t, "off", got["orphanRule"])

	for _, readonly := range []string{"id", "status", "seatsTotal", "version", "createdAt", "updatedAt"} {
		for _, value := range []string{"null", "1", `"x"`} {
			a := ts.send("PATCH", path, ts.adminToken, `{"`+readonly+`":`+value+`}`)
			require.Contains(t, ts.problem(a, 400, eventra.CodeMalformedBody).Detail, readonly)
		}
	}
}

func TestEvents_IfMatch(t *testing.T) {
	for header, status := range map[string]int{
		`"v3"`: 200, `*`: 200, `"v2", "v3"`: 200, ` "v3" `: 200,
		`"v2"`: 412, `W/"v3"`: 412, `"3"`: 412, `v3`: 412, `"x"`: 412, `"v-3"`: 412, `"v4"`: 412,
	} {
		t.Run(header, func(t *testing.T) {
			ts := newTestServer(t)
			a := ts.send("PATCH", "/api/v1/events/"+ts.published, ts.adminToken, `{"title":"New"}`, "If-Match: "+header)
			require.Equal(t, status, a.StatusCode, a.body)
			if status == 412 {
				ts.problem(a, 412, eventra.CodePreconditionFailed)
			}
		})
	}
}

func TestETag_ConditionalGets(t *testing.T) {
	ts := newTestServer(t)
	event := "/api/v1/events/" + ts.published
	for _, path := range []string{event, "/api/v1/events", event + "/seats", event + "/availability", event + "/seats?since=3", "/openapi.json"} {
		_, a := ts.ok(200, "GET", path, "", "", "Accept-Encoding: identity")
		tag := a.Header.Get("ETag")
		require.Regexp(t, `^"[^"]+"$`, tag)
		for _, known := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			b := ts.send("GET", path, "", "", "If-None-Match: "+known, "Accept-Encoding: identity")
			require.Equal(t, 304, b.StatusCode)
			require.Empty(t, b.body)
			require.Equal(t, tag, b.Header.Get("ETag"))
		}
		ts.ok(200, "GET", path, "", "", `If-None-Match: "x"`, "Accept-Encoding: identity")
		head := ts.send("HEAD", path, "", "")
		require.Equal(t, 200, head.StatusCode)
		require.Empty(t, head.body)
	}
}

func TestEvents_CursorsLeadThroughTheList(t *testing.T) {
	ts := newTestServer(t)
	for range 4 {
		ts.event(eventra.EventPublished)
	}
	seen := map[any]bool{}
	path := "/api/v1/events?limit=2"
	for pages := 1; ; pages++ {
		list, _ := ts.ok(200, "GET", path, "", "")
		for _, item := range list["items"].([]any) {
			id := item.(map[string]any)["id"]
			require.False(t, seen[id])
			seen[id] = true
		}
		cursor, more := list["nextCursor"].(string)
		if !more {
			require.Equal(t, 3, pages)
			break
		}
		ts.problem(ts.send("GET", "/api/v1/events?city=Bonn&cursor="+cursor, "", ""), 422, eventra.CodeValidationFailed)
		ts.problem(ts.send("GET", "/api/v1/bookings?cursor="+cursor, ts.userToken, ""), 422, eventra.CodeValidationFailed)
		ts.problem(ts.send("GET", "/api/v1/events?cursor="+cursor+"A", "", ""), 422, eventra.CodeValidationFailed)
		path = "/api/v1/events?limit=2&cursor=" + url.QueryEscape(cursor)
	}
	require.Len(t, seen, 5)
}

func TestEvents_Transitions(t *testing.T) {
	ts := newTestServer(t)
	got, _ := ts.ok(200, "POST", "/api/v1/events/"+ts.draft+"/publish", ts.adminToken, "")
	require.Equal(t, "PUBLISHED", got["status"])
	ts.problem(ts.send("POST", "/api/v1/events/"+ts.draft+"/publish", ts.adminToken, ""), 409, eventra.CodeInvalidTransition)
	ts.ok(200, "POST", "/api/v1/events/"+ts.draft+"/cancel", ts.adminToken, "", "Idempotency-Key: k")
	_, again := ts.ok(200, "POST", "/api/v1/events/"+ts.draft+"/cancel", ts.adminToken, "", "Idempotency-Key: k")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	ts.ok(204, "DELETE", "/api/v1/events/"+ts.draft, ts.adminToken, "")
	ts.problem(ts.send("DELETE", "/api/v1/events/"+ts.draft, ts.adminToken, ""), 404, eventra.CodeEventNotFound)
}
