package http

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestDraftsAreForAdmins(t *testing.T) {
	w := newWorld(t)
	for _, part := range []string{"", "/seats", "/availability"} {
		path := "/api/v1/events/" + w.draft + part
		w.problem(w.send("GET", path, "", ""), 404, eventra.CodeEventNotFound)
		w.problem(w.send("GET", path, w.userToken, ""), 404, eventra.CodeEventNotFound)
		w.ok(200, "GET", path, w.adminToken, "")
	}
	list, _ := w.ok(200, "GET", "/api/v1/events", "", "")
	require.Len(t, list["items"], 1)
	list, _ = w.ok(200, "GET", "/api/v1/events", w.adminToken, "")
	require.Len(t, list["items"], 2)
}

func TestCreateEvent(t *testing.T) {
	w := newWorld(t)
	made, a := w.ok(201, "POST", "/api/v1/events", w.adminToken, validEvent)
	require.Equal(t, "/api/v1/events/"+made["id"].(string), a.Header.Get("Location"))
	require.Equal(t, `"v1"`, a.Header.Get("ETag"))
	require.Equal(t, "DRAFT", made["status"])
	require.EqualValues(t, 600, made["holdSeconds"])
	require.EqualValues(t, 10, made["maxSeatsPerBooking"])
	require.Equal(t, "2030-05-01T19:30:00.000Z", made["startsAt"])
	require.NotContains(t, made, "saleStartsAt")
	require.Equal(t, map[string]any{"x": []any{1.0, map[string]any{"y": nil}}}, made["attributes"])
}

func TestPatchEvent(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/events/" + w.published
	patch := func(body string, headers ...string) map[string]any {
		got, _ := w.ok(200, "PATCH", path, w.adminToken, body, headers...)
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

	for _, readonly := range []string{"id", "status", "seatsTotal", "version", "createdAt", "updatedAt"} {
		for _, value := range []string{"null", "1", `"x"`} {
			a := w.send("PATCH", path, w.adminToken, `{"`+readonly+`":`+value+`}`)
			require.Contains(t, w.problem(a, 400, eventra.CodeMalformedBody).Detail, readonly)
		}
	}
}

func TestIfMatch(t *testing.T) {
	for header, status := range map[string]int{
		`"v3"`: 200, `*`: 200, `"v2", "v3"`: 200, ` "v3" `: 200,
		`"v2"`: 412, `W/"v3"`: 412, `"3"`: 412, `v3`: 412, `"x"`: 412, `"v-3"`: 412, `"v4"`: 412,
	} {
		t.Run(header, func(t *testing.T) {
			w := newWorld(t)
			a := w.send("PATCH", "/api/v1/events/"+w.published, w.adminToken, `{"title":"New"}`, "If-Match: "+header)
			require.Equal(t, status, a.StatusCode, a.body)
			if status == 412 {
				w.problem(a, 412, eventra.CodePreconditionFailed)
			}
		})
	}
}

func TestConditionalGets(t *testing.T) {
	w := newWorld(t)
	event := "/api/v1/events/" + w.published
	for _, path := range []string{event, "/api/v1/events", event + "/seats", event + "/availability", event + "/seats?since=3", "/openapi.json"} {
		_, a := w.ok(200, "GET", path, "", "", "Accept-Encoding: identity")
		tag := a.Header.Get("ETag")
		require.Regexp(t, `^"[^"]+"$`, tag)
		for _, known := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			b := w.send("GET", path, "", "", "If-None-Match: "+known, "Accept-Encoding: identity")
			require.Equal(t, 304, b.StatusCode)
			require.Empty(t, b.body)
			require.Equal(t, tag, b.Header.Get("ETag"))
		}
		w.ok(200, "GET", path, "", "", `If-None-Match: "x"`, "Accept-Encoding: identity")
		head := w.send("HEAD", path, "", "")
		require.Equal(t, 200, head.StatusCode)
		require.Empty(t, head.body)
	}
}

func TestCursorsLeadThroughTheList(t *testing.T) {
	w := newWorld(t)
	for range 4 {
		w.event(eventra.EventPublished)
	}
	seen := map[any]bool{}
	path := "/api/v1/events?limit=2"
	for pages := 1; ; pages++ {
		list, _ := w.ok(200, "GET", path, "", "")
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
		w.problem(w.send("GET", "/api/v1/events?city=Bonn&cursor="+cursor, "", ""), 422, eventra.CodeValidationFailed)
		w.problem(w.send("GET", "/api/v1/bookings?cursor="+cursor, w.userToken, ""), 422, eventra.CodeValidationFailed)
		w.problem(w.send("GET", "/api/v1/events?cursor="+cursor+"A", "", ""), 422, eventra.CodeValidationFailed)
		path = "/api/v1/events?limit=2&cursor=" + url.QueryEscape(cursor)
	}
	require.Len(t, seen, 5)
}

func TestTransitions(t *testing.T) {
	w := newWorld(t)
	got, _ := w.ok(200, "POST", "/api/v1/events/"+w.draft+"/publish", w.adminToken, "")
	require.Equal(t, "PUBLISHED", got["status"])
	w.problem(w.send("POST", "/api/v1/events/"+w.draft+"/publish", w.adminToken, ""), 409, eventra.CodeInvalidTransition)
	w.ok(200, "POST", "/api/v1/events/"+w.draft+"/cancel", w.adminToken, "", "Idempotency-Key: k")
	_, again := w.ok(200, "POST", "/api/v1/events/"+w.draft+"/cancel", w.adminToken, "", "Idempotency-Key: k")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	w.ok(204, "DELETE", "/api/v1/events/"+w.draft, w.adminToken, "")
	w.problem(w.send("DELETE", "/api/v1/events/"+w.draft, w.adminToken, ""), 404, eventra.CodeEventNotFound)
}
