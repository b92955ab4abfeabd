package http

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// endpoint is a correct request of one operation. {event} and {booking} stand for ids of
// the test server.
type endpoint struct {
	method, path string
	body         string // a valid one; "" if it takes none
	who          string // "", "user" or "admin"
	name         string // of what the id in the path names
}

var endpoints = []endpoint{
	{"POST", "/api/v1/auth/register", `{"email":"new@example.com","password":"correct horse","name":"New"}`, "", ""},
	{"POST", "/api/v1/auth/login", `{"email":"user@example.com","password":"correct horse"}`, "", ""},
	{"POST", "/api/v1/auth/refresh", `{"refreshToken":"x"}`, "", ""},
	{"POST", "/api/v1/auth/logout", `{"refreshToken":"x"}`, "user", ""},
	{"POST", "/api/v1/auth/logout-all", "", "user", ""},
	{"POST", "/api/v1/auth/password", `{"current":"correct horse","password":"another horse"}`, "user", ""},
	{"POST", "/api/v1/auth/password/forgot", `{"email":"user@example.com"}`, "", ""},
	{"POST", "/api/v1/auth/password/reset", `{"token":"x","password":"another horse"}`, "", ""},
	{"POST", "/api/v1/auth/email/verify", `{"token":"x"}`, "", ""},
	{"POST", "/api/v1/auth/email/verification", "", "user", ""},
	{"GET", "/api/v1/auth/sessions", "", "user", ""},
	{"DELETE", "/api/v1/auth/sessions/{session}", "", "user", "session"},
	{"GET", "/api/v1/auth/me", "", "user", ""},
	{"GET", "/api/v1/auth/me/export", "", "user", ""},
	{"PATCH", "/api/v1/auth/me", `{"name":"New"}`, "user", ""},
	{"DELETE", "/api/v1/auth/me", `{"password":"correct horse"}`, "user", ""},
	{"GET", "/api/v1/events", "", "", ""},
	{"POST", "/api/v1/events", validEvent, "admin", ""},
	{"GET", "/api/v1/events/{event}", "", "", "event"},
	{"PATCH", "/api/v1/events/{event}", `{"title":"New"}`, "admin", "event"},
	{"DELETE", "/api/v1/events/{event}", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/publish", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/cancel", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/reschedule", `{"startsAt":"2031-05-01T19:30:00Z","endsAt":"2031-05-01T22:00:00Z"}`, "admin", "event"},
	{"GET", "/api/v1/events/{event}/cancellation", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/seats", `{"sections":[{"name":"C","rowCount":2,"seatsPerRow":2,"price":{"amount":1,"currency":"EUR"}}]}`, "admin", "event"},
	{"GET", "/api/v1/events/{event}/seats", "", "", "event"},
	{"GET", "/api/v1/events/{event}/availability", "", "", "event"},
	{"POST", "/api/v1/bookings", `{"eventId":"{event}","seats":["A-1-1"]}`, "user", ""},
	{"GET", "/api/v1/bookings", "", "user", ""},
	{"GET", "/api/v1/bookings/{booking}", "", "user", "booking"},
	{"PATCH", "/api/v1/bookings/{booking}", `{"metadata":{"order":"1"}}`, "admin", "booking"},
	{"DELETE", "/api/v1/bookings/{booking}", "", "user", "booking"},
	{"POST", "/api/v1/bookings/{booking}/payments", `{"method":"mock","token":"tok_ok"}`, "user", "booking"},
	{"GET", "/api/v1/bookings/{booking}/payments", "", "user", "booking"},
	{"POST", "/api/v1/bookings/{booking}/refund", "", "admin", "booking"},
	{"GET", "/api/v1/admin/bookings", "", "admin", ""},
	{"GET", "/api/v1/admin/bookings/{booking}", "", "admin", "booking"},
	{"POST", "/api/v1/admin/api-keys", `{"name":"Shop","scopes":["bookings:write"]}`, "admin", ""},
	{"GET", "/api/v1/admin/api-keys", "", "admin", ""},
	{"GET", "/api/v1/admin/users", "", "admin", ""},
	{"GET", "/api/v1/admin/users/{user}", "", "admin", "user"},
	{"PATCH", "/api/v1/admin/users/{user}", `{"disabled":false}`, "admin", "user"},
	{"GET", "/api/v1/admin/audit", "", "admin", ""},
	{"GET", "/api/v1/admin/mails", "", "admin", ""},
	{"POST", "/api/v1/admin/mails/{mail}/retry", "", "admin", "mail"},
	{"DELETE", "/api/v1/admin/api-keys/{apiKey}", "", "admin", "apiKey"},
	{"DELETE", "/api/v1/admin/bookings/{booking}", "", "admin", "booking"},
	{"POST", "/api/v1/admin/bookings/{booking}/mails", "", "admin", "booking"},
	{"GET", "/api/v1/admin/events/{event}/bookings.csv", "", "admin", "event"},
	{"GET", "/api/v1/admin/events/{event}/report", "", "admin", "event"},
	{"GET", "/api/v1/admin/events/{event}/seats/A-1-1/history", "", "admin", "event"},
}

const validEvent = `{"title":"T","description":"","category":"c","tags":["a"],"venue":{"name":"V","address":"","city":"B","country":"DE","timezone":"Europe/Berlin"},` +
	`"startsAt":"2030-05-01T19:30:00Z","endsAt":"2030-05-01T22:00:00Z","attributes":{"x":[1,{"y":null}]}}`

func (ts *testServer) fill(s string) string {
	return strings.NewReplacer("{event}", ts.published, "{booking}", ts.bookingID, "{session}", ts.sessionID, "{apiKey}", ts.apiKeyID, "{user}", ts.user.ID.String(), "{mail}", ts.deadMail()).Replace(s)
}

func (ts *testServer) token(who string) string {
	return map[string]string{"user": ts.userToken, "admin": ts.adminToken}[who]
}

func eachEndpoint(t *testing.T, which func(endpoint) bool, test func(t *testing.T, ts *testServer, e endpoint)) {
	for _, e := range endpoints {
		if !which(e) {
			continue
		}
		t.Run(e.method+" "+e.path, func(t *testing.T) {
			ts := newTestServer(t)
			e.path, e.body = ts.fill(e.path), ts.fill(e.body)
			test(t, ts, e)
		})
	}
}

func (endpoint) any() bool         { return true }
func (e endpoint) takesBody() bool { return e.body != "" }
func (e endpoint) hasID() bool     { return e.name != "" }
func (e endpoint) takesKey() bool {
	if strings.HasSuffix(e.path, "/retry") { // which makes nothing
		return false
	}
	return e.method == "POST" && (!strings.HasPrefix(e.path, "/api/v1/auth/") || strings.HasSuffix(e.path, "register"))
}

func TestWrongInput_Bodies(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.takesBody, func(t *testing.T, ts *testServer, e endpoint) {
		send := func(body string, headers ...string) answer {
			return ts.send(e.method, e.path, ts.token(e.who), body, headers...)
		}
		firstField := e.body[2:strings.Index(e.body, `":`)]
		for name, body := range map[string]string{
			"none":            "",
			"blank":           "  ",
			"null":            "null",
			"array":           "[]",
			"string":          `"x"`,
			"number":          "1",
			"cut off":         e.body[:len(e.body)-1],
			"trailing data":   e.body + "{}",
			"trailing comma":  e.body[:len(e.body)-1] + ",}",
			"unknown field":   `{"nonsense":1,` + e.body[1:],
			"other case":      `{"` + strings.ToUpper(firstField) + `":1,` + e.body[1:],
			"repeated field":  fmt.Sprintf(`{"%s":null,%s`, firstField, e.body[1:]),
			"wrong type":      `{"` + firstField + `":{"x":1}}`,
			"bad UTF-8":       strings.Replace(e.body, `":`, "\xff\":", 1),
			"bad UTF-8 value": `{"` + firstField + "\":\"a\xc3\"}",
			"bad escape":      `{"` + firstField + `":"\ud800"}`,
			"NUL":             "\x00",
			"comment":         "/**/" + e.body,
			"NaN":             `{"` + firstField + `":NaN}`,
			"deep":            `{"` + firstField + `":` + strings.Repeat("[", 20_000) + "}",
		} {
			a := send(body)
			ts.problem(a, 400, eventra.CodeMalformedBody)
			require.NotContains(t, a.body, "Go ", name)
		}
		ts.problem(send(e.body, "Content-Type: text/plain"), 415, eventra.CodeUnsupportedMediaType)
		ts.problem(send(e.body, "Content-Type: "), 415, eventra.CodeUnsupportedMediaType)
		ts.problem(send(e.body, "Content-Type: application/x-www-form-urlencoded"), 415, eventra.CodeUnsupportedMediaType)
		ts.problem(send(e.body, "Content-Type: multipart/form-data; boundary=x"), 415, eventra.CodeUnsupportedMediaType)
		ts.problem(send(e.body, "Content-Type: application/json; charset=latin1"), 415, eventra.CodeUnsupportedMediaType)
		ts.problem(send(e.body, "Content-Encoding: gzip"), 415, eventra.CodeUnsupportedMediaType)
		if e.method == "POST" && !strings.HasSuffix(e.path, "/seats") {
			ts.problem(send(e.body, "Content-Type: application/merge-patch+json"), 415, eventra.CodeUnsupportedMediaType)
			ts.problem(send(strings.Repeat(" ", bodyMaxBytes)+e.body), 413, eventra.CodeBodyTooLarge)
		}
		for _, charset := range []string{"UTF-8", "UTF8", `"utf8"`} {
			require.NotEqual(t, 415, send(e.body, "Content-Type: Application/JSON; charset="+charset).StatusCode)
		}
	})
}

func TestWrongInput_IDs(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.hasID, func(t *testing.T, ts *testServer, e endpoint) {
		code := map[string]eventra.Code{"event": eventra.CodeEventNotFound, "booking": eventra.CodeNotFound, "session": eventra.CodeNotFound, "apiKey": eventra.CodeNotFound,
			"user": eventra.CodeNotFound, "mail": eventra.CodeNotFound}[e.name]
		id := map[string]string{"event": ts.published, "booking": ts.bookingID, "session": ts.sessionID, "apiKey": ts.apiKeyID,
			"user": ts.user.ID.String(), "mail": ts.deadMail()}[e.name]
		for _, bad := range []string{newID().String(), "1", "x'--", "%00", strings.Repeat("a", 5000), id + "0", id[:35],
			strings.ReplaceAll(id, "-", ""), "%7B" + id + "%7D", "..%2F..", "%ff%fe"} {
			a := ts.send(e.method, strings.Replace(e.path, id, bad, 1), ts.token(e.who), e.body)
			ts.problem(a, 404, code)
		}
	})
}

func TestWrongInput_IdempotencyKeys(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.takesKey, func(t *testing.T, ts *testServer, e endpoint) {
		for _, key := range []string{"", strings.Repeat("k", 256), "with space", "ümlaut"} {
			a := ts.send(e.method, e.path, ts.token(e.who), e.body, headerIdempotencyKey+": "+key)
			p := ts.problem(a, 422, eventra.CodeValidationFailed)
			require.Equal(t, headerIdempotencyKey, p.Errors[0].Field)
		}
	})
}

func TestServer_StoreAwayIs503(t *testing.T) {
	t.Parallel()
	// The fake RotateSession knows no token, so it never returns the error.
	asksBackend := func(e endpoint) bool { return !strings.HasSuffix(e.path, "/auth/refresh") }
	eachEndpoint(t, asksBackend, func(t *testing.T, ts *testServer, e endpoint) {
		ts.fakes.fail(eventra.Unavailable("the database", nil))
		ts.problem(ts.send(e.method, e.path, ts.token(e.who), e.body), 503, eventra.CodeUnavailable)
	})
}
