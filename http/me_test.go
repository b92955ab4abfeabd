package http

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func (ts *testServer) patchMe(body string) answer {
	return ts.send("PATCH", "/api/v1/auth/me", ts.userToken, body)
}

func TestChangeMe_Name(t *testing.T) {
	ts := newTestServer(t)
	changed, _ := ts.ok(200, "PATCH", "/api/v1/auth/me", ts.userToken, `{"name":"Jose\u0301"}`)
	require.Equal(t, "José", changed["name"])
	me, _ := ts.ok(200, "GET", "/api/v1/auth/me", ts.userToken, "")
	require.Equal(t, changed, me)
	ts.ok(200, "PATCH", "/api/v1/auth/me", ts.userToken, `{}`)
	for _, wrong := range []string{`{"name":""}`, `{"name":"a\u202eb"}`, `{"email":"nobody"}`, `{"email":"new@example.com"}`,
		`{"email":"new@example.com","password":""}`, `{"password":"another battery staple"}`} {
		ts.problem(ts.patchMe(wrong), 422, eventra.CodeValidationFailed)
	}
	ts.problem(ts.patchMe(`{"role":"ADMIN"}`), 400, eventra.CodeMalformedBody)
	require.Empty(t, ts.fakes.accountMails)
}

// The answer does not say whose the new address is, and the account keeps its own.
func TestChangeMe_Address(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.users[ts.user.ID].Verified = true
	for i, address := range []string{"new@example.com", "other@example.com"} {
		changed, _ := ts.ok(200, "PATCH", "/api/v1/auth/me", ts.userToken, `{"email":" `+address+`","password":"correct horse"}`)
		require.Equal(t, "user@example.com", changed["email"])
		mails := ts.fakes.accountMails[2*i:]
		require.Len(t, mails, 2)
		require.Equal(t, eventra.MailChangeAsked, mails[0].Kind)
		require.Equal(t, "user@example.com", mails[0].Address)
		require.Equal(t, eventra.MailChange, mails[1].Kind)
		require.Equal(t, address, mails[1].Address)
	}
	ts.problem(ts.patchMe(`{"email":"new@example.com","password":"incorrect horse"}`), 422, eventra.CodeValidationFailed)
	ts.ok(200, "PATCH", "/api/v1/auth/me", ts.userToken, `{"email":"USER@example.com","password":"whatever"}`)
	require.Len(t, ts.fakes.accountMails, 4, "it has that address")
	for range eventra.AccountMailsPerHour - 2 {
		require.Equal(t, 200, ts.patchMe(`{"email":"new@example.com","password":"correct horse"}`).StatusCode)
	}
	a := ts.patchMe(`{"email":"new@example.com","password":"correct horse"}`)
	ts.problem(a, 429, eventra.CodeRateLimited)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
}

func TestEraseMe(t *testing.T) {
	ts := newTestServer(t)
	erase := func(body string) answer { return ts.send("DELETE", "/api/v1/auth/me", ts.userToken, body) }
	ts.problem(erase(`{"password":"incorrect horse"}`), 422, eventra.CodeValidationFailed)
	ts.problem(erase(`{"password":""}`), 422, eventra.CodeValidationFailed)
	ts.problem(erase(""), 400, eventra.CodeMalformedBody)
	require.Equal(t, 204, erase(`{"password":"correct horse"}`).StatusCode)
	ts.problem(erase(`{"password":"correct horse"}`), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`), 401, eventra.CodeInvalidCredentials)
	require.Contains(t, ts.log.String(), `"action":"erase"`)
}

func TestExportMe(t *testing.T) {
	ts := newTestServer(t)
	got, a := ts.ok(200, "GET", "/api/v1/auth/me/export", ts.userToken, "")
	require.Contains(t, a.Header.Get("Cache-Control"), "no-store")
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	require.Equal(t, "user@example.com", got["user"].(map[string]any)["email"])
	booking := got["bookings"].([]any)[0].(map[string]any)
	require.Equal(t, ts.bookingID, booking["id"])
	require.Equal(t, "SENT", booking["mails"].([]any)[0].(map[string]any)["status"])
	require.Equal(t, "DUE", got["mails"].([]any)[0].(map[string]any)["status"])
	ts.ok(200, "GET", "/api/v1/bookings?cursor="+got["nextCursor"].(string), ts.userToken, "")
	ts.problem(ts.send("GET", "/api/v1/auth/me/export", "", ""), 401, eventra.CodeUnauthenticated)
	ts.fakes.fail(eventra.Unavailable("PostgreSQL", nil))
	ts.problem(ts.send("GET", "/api/v1/auth/me/export", ts.userToken, ""), 503, eventra.CodeUnavailable)
}
