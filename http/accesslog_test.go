package http

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// linesWith are the lines of the log that have a text.
func (ts *testServer) linesWith(text string) (lines []string) {
	for line := range strings.Lines(ts.logged()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Each request has one line, which says what it was about and what came of it.
func TestServer_LogsOneLineARequest(t *testing.T) {
	ts := newTestServer(t)
	const hold = `{"eventId":"%s","seats":["A-1-2"]}`
	event := ts.published
	body := strings.Replace(hold, "%s", event, 1)
	made, _ := ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body, "X-Request-Id: one", "Idempotency-Key: k")
	booking := made["id"].(string)
	ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body, "X-Request-Id: again", "Idempotency-Key: k")
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		return nil, &eventra.Error{Code: eventra.CodeSeatsUnavailable, Seats: []string{"A-1-2"}}
	}
	ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, body, "X-Request-Id: taken"), 409, eventra.CodeSeatsUnavailable)
	ts.ok(200, "GET", "/api/v1/bookings/"+booking, ts.userToken, "", "X-Request-Id: read")
	ts.fakes.hold = nil
	ts.fakes.fail(errors.New("the disk of db7 is on fire"))
	ts.problem(ts.send("GET", "/api/v1/bookings/"+booking, ts.userToken, "", "X-Request-Id: broken"), 500, eventra.CodeInternal)
	ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, body, "X-Request-Id: broken-too", "Idempotency-Key: k2"), 500, eventra.CodeInternal)
	ts.fakes.fail(nil)
	for id, parts := range map[string][]string{
		"one":        {"INFO", booking, event, "201"},
		"again":      {"INFO", booking, "201"},
		"taken":      {"INFO", event, "409", "seats_unavailable"},
		"read":       {"INFO", booking, "200"},
		"broken":     {"ERROR", booking, "500", "internal", "db7"},
		"broken-too": {"ERROR", event, "500", "internal", "db7"},
	} {
		lines := ts.linesWith(`"requestId":"` + id + `"`)
		require.Len(t, lines, 1, id)
		for _, part := range parts {
			require.Contains(t, lines[0], part)
		}
		require.Regexp(t, `"duration":"[0-9.]+(µs|ms|s)"`, lines[0])
	}
}

// Probes come all the time. Those that succeed are worth no line.
func TestServer_LogsNoProbes(t *testing.T) {
	ts := newTestServer(t)
	for range 3 {
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			require.Equal(t, 200, ts.send("GET", path, "", "").StatusCode)
		}
	}
	require.Empty(t, ts.logged())
}
