package http

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestCancellation(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.published
	ts.problem(ts.send("GET", path+"/cancellation", ts.adminToken, ""), 404, eventra.CodeNotFound)
	ts.problem(ts.send("POST", path+"/cancel", ts.adminToken, `{"reason":5}`), 400, eventra.CodeMalformedBody)
	ts.problem(ts.send("POST", path+"/cancel", ts.adminToken, `{"why":"rain"}`), 400, eventra.CodeMalformedBody)
	ts.problem(ts.send("POST", path+"/cancel", ts.adminToken, `{"reason":"\u0000"}`), 422, eventra.CodeValidationFailed)

	first, _ := ts.ok(200, "POST", path+"/cancel", ts.adminToken, `{"reason":"rain"}`, "Idempotency-Key: k")
	require.Equal(t, "CANCELLED", first["status"])
	require.NotContains(t, first, "cancellation", "the reason is for the mails")
	again, a := ts.ok(200, "POST", path+"/cancel", ts.adminToken, `{ "reason": "rain" }`, "Idempotency-Key: k")
	require.Equal(t, first, again)
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	ts.problem(ts.send("POST", path+"/cancel", ts.adminToken, "", "Idempotency-Key: k"), 422, eventra.CodeIdempotencyKeyReused)

	shown, _ := ts.ok(200, "GET", path+"/cancellation", ts.adminToken, "")
	require.NotContains(t, shown, "finishedAt")
	delete(shown, "startedAt")
	require.Equal(t, map[string]any{"bookings": 4.0, "refunded": 2.0, "failed": 1.0, "mailed": 3.0}, shown)
	ts.problem(ts.send("GET", path+"/cancellation", ts.userToken, ""), 403, eventra.CodeForbidden)
}
