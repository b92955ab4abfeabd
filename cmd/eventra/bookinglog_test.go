package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An operator finds what happened to a booking by its id.
func TestServe_LogsWhatHappenedToABooking(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	lines := &logged{}
	_, url := startLogging(t, cfg, lines, "EVENTRA_LOG_LEVEL=info", "EVENTRA_LOG_FORMAT=json")
	p := &program{t: t, cfg: cfg, url: url, http: &http.Client{Timeout: 10 * time.Second}}
	p.admin = p.login(adminEmail, adminPassword)
	event := p.event(1, 5, object{"holdSeconds": 5})
	token, _ := p.user()
	bought, left := p.hold(token, event, "A-1-1").text("id"), p.hold(token, event, "A-1-2").text("id")
	p.must(402, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_declined"})
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	about := func(id string) (found []map[string]any) {
		for line := range strings.Lines(lines.String()) {
			if strings.Contains(line, id) {
				fields := map[string]any{}
				require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
				found = append(found, fields)
			}
		}
		return found
	}
	says := func(id, message string) func() bool {
		return func() bool {
			for _, fields := range about(id) {
				if fields["msg"] == message && fields["bookingId"] == id {
					return true
				}
			}
			return false
		}
	}
	eventually(t, 20*time.Second, "the mail", says(bought, "mail sent"))
	p.must(200, "POST", "/bookings/"+bought+"/refund", p.admin, nil)
	eventually(t, 20*time.Second, "the refund", says(bought, "money returned"))
	eventually(t, 20*time.Second, "the expiry", says(left, "hold expired"))
	var story []string
	for _, fields := range about(bought) {
		if fields["msg"] != "security" { // it has a group of its own
			require.Equal(t, bought, fields["bookingId"], fields)
		}
		require.NotEmpty(t, fields["instance"], fields)
		if code, ok := fields["code"].(string); ok {
			story = append(story, code)
		}
		if took, ok := fields["duration"]; ok {
			require.Regexp(t, `^[0-9.]+(µs|ms|s)$`, took)
		}
	}
	require.Equal(t, []string{"payment_declined"}, story)
	require.NotEmpty(t, about(event))
	require.NotContains(t, lines.String(), "/readyz")
}
