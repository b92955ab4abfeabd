package http

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestReschedule(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.published + "/reschedule"
	const body = `{"startsAt":"2031-05-01T19:30:00Z","endsAt":"2031-05-01T22:00:00Z","message":"rain",
		"venue":{"name":" W ","address":"","city":"Bonn","country":"","timezone":"Europe/Berlin"},"saleEndsAt":"2031-05-01T19:00:00Z"}`
	moved, _ := ts.ok(200, "POST", path, ts.adminToken, body, "Idempotency-Key: k")
	require.Equal(t, "2031-05-01T19:30:00.000Z", moved["startsAt"])
	require.Equal(t, "2031-05-01T19:00:00.000Z", moved["saleEndsAt"])
	require.Equal(t, "W", moved["venue"].(map[string]any)["name"])
	require.NotContains(t, moved, "rescheduling")
	again, a := ts.ok(200, "POST", path, ts.adminToken, body, "Idempotency-Key: k")
	require.Equal(t, moved, again)
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	for _, wrong := range []string{
		`{"startsAt":"2031-05-01T19:30:00Z","endsAt":"2031-05-01T19:00:00Z"}`, `{"startsAt":"soon","endsAt":"2031-05-01T22:00:00Z"}`, `{}`, body,
		`{"startsAt":"2032-05-01T19:30:00Z","endsAt":"2032-05-01T22:00:00Z","message":"\u0000"}`,
	} {
		ts.problem(ts.send("POST", path, ts.adminToken, wrong), 422, eventra.CodeValidationFailed)
	}
	ts.problem(ts.send("POST", "/api/v1/events/"+ts.draft+"/reschedule", ts.adminToken, body), 409, eventra.CodeInvalidTransition)
	ts.ok(200, "POST", "/api/v1/events/"+ts.published+"/cancel", ts.adminToken, "")
	ts.problem(ts.send("POST", path, ts.adminToken, `{"startsAt":"2032-05-01T19:30:00Z","endsAt":"2032-05-01T22:00:00Z"}`), 409, eventra.CodeEventLocked)
}
