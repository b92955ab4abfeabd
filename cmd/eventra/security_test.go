package main

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// securityLines returns the security lines of a log, in their order.
func securityLines(t *testing.T, log *logged) (lines []object) {
	t.Helper()
	for text := range strings.Lines(log.String()) {
		var line struct{ Security object }
		require.NoError(t, json.Unmarshal([]byte(text), &line), text)
		if line.Security != nil {
			lines = append(lines, line.Security)
		}
	}
	return lines
}

func TestSecurityLog_SaysWhoDidWhatFromWhere(t *testing.T) {
	t.Parallel()
	log := &logged{}
	p := startLoggingTo(t, testConfig(t), slog.New(slog.NewJSONHandler(log, nil)))
	begun := len(securityLines(t, log))
	last := func(action, outcome string) object {
		t.Helper()
		lines := securityLines(t, log)
		require.Greater(t, len(lines), begun, "no line")
		line := lines[len(lines)-1]
		begun = len(lines)
		require.Equal(t, action, line["action"], line)
		require.Equal(t, outcome, line["outcome"], line)
		require.Equal(t, "127.0.0.1", line["client"], line)
		require.NotEmpty(t, line["requestId"], line)
		return line
	}
	in, email := p.signIn()
	user := in.body["user"].(map[string]any)["id"]
	require.Equal(t, user, last("register", "ok")["userId"])

	p.must(401, "POST", "/auth/login", "", object{"email": strings.ToUpper(email), "password": "wrong horse"})
	refused := last("login", "invalid_credentials")
	require.Equal(t, email, refused["account"])
	require.Equal(t, user, refused["userId"])
	p.must(401, "POST", "/auth/login", "", object{"email": "nobody@example.org", "password": "wrong horse"})
	require.Equal(t, "nobody@example.org", last("login", "invalid_credentials")["account"])
	p.must(401, "POST", "/auth/login", "", object{"email": "Tr0ub4dor&3\nlevel=ERROR", "password": "wrong horse"})
	require.NotContains(t, last("login", "invalid_credentials")["account"], "Tr0ub4dor")

	in = p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	session := last("login", "ok")
	require.Equal(t, user, session["userId"])
	require.NotContains(t, session, "account")
	first := in.text("refreshToken")
	for range 2 {
		in = p.must(200, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	}
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": first})
	reused := last("refresh", "invalid_refresh_token")
	require.Equal(t, user, reused["userId"])
	require.Equal(t, session["session"], reused["session"])

	in = p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	session = last("login", "ok")
	token := in.text("accessToken")
	p.must(403, "POST", "/events", token, eventBody())
	require.Equal(t, user, last("POST /api/v1/events", "forbidden")["userId"])
	p.must(204, "POST", "/auth/logout", token, object{"refreshToken": in.text("refreshToken")})
	require.Contains(t, last("logout", "ok")["sessions"], session["session"])
	requireAdminActions(t, p, last)
	for _, secret := range []string{"correct horse", "wrong horse", token, first, in.text("refreshToken")} {
		require.NotContains(t, log.String(), secret)
	}
}

func requireAdminActions(t *testing.T, p *program, last func(action, outcome string) object) {
	t.Helper()
	me := p.must(200, "GET", "/auth/me", p.admin, nil).text("id")
	event := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	made := last("POST /api/v1/events", "ok")
	require.Equal(t, me, made["userId"])
	require.Equal(t, "ADMIN", made["role"])
	require.Equal(t, "/api/v1/events/"+event, made["made"])
	p.must(409, "POST", "/events/"+event+"/publish", p.admin, nil)
	require.Equal(t, event, last("POST /api/v1/events/:eventId/publish", "invalid_transition")["eventId"])
	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, nil)
	require.Equal(t, event, last("POST /api/v1/events/:eventId/cancel", "ok")["eventId"])
	booking := uuid.Must(uuid.NewV7()).String()
	p.must(404, "POST", "/bookings/"+booking+"/refund", p.admin, nil)
	require.Equal(t, booking, last("POST /api/v1/bookings/:bookingId/refund", "not_found")["bookingId"])
	p.must(204, "DELETE", "/events/"+event, p.admin, nil)
	require.Equal(t, event, last("DELETE /api/v1/events/:eventId", "ok")["eventId"])
}
