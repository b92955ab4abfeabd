package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// endpoint is a call that would succeed. Tests spoil it.
type endpoint struct {
	method, path string
	body         object // nil if it takes none
	token        string // the caller's; empty if it needs none
	admin        bool
}

func (e endpoint) String() string { return e.method + " " + e.path }

// endpoints lists every call that takes a body or a token.
func endpoints(event, booking, user, admin string) []endpoint {
	return []endpoint{
		{"POST", "/auth/register", object{"email": "a@example.org", "password": "correct horse", "name": "A"}, "", false},
		{"POST", "/auth/login", object{"email": "a@example.org", "password": "correct horse"}, "", false},
		{"POST", "/auth/refresh", object{"refreshToken": strings.Repeat("a", 43)}, "", false},
		{"POST", "/auth/logout", object{"refreshToken": strings.Repeat("a", 43)}, user, false},
		{"GET", "/auth/me", nil, user, false},
		{"POST", "/events", eventBody(), admin, true},
		{"PATCH", "/events/" + event, object{"title": "Another"}, admin, true},
		{"POST", "/events/" + event + "/publish", nil, admin, true},
		{"POST", "/events/" + event + "/cancel", nil, admin, true},
		{"DELETE", "/events/" + event, nil, admin, true},
		{"POST", "/events/" + event + "/seats", object{"seats": []object{{"section": "B", "row": "1", "number": 1,
			"price": object{"amount": 1, "currency": "EUR"}}}}, admin, true},
		{"POST", "/bookings", object{"eventId": event, "seats": []string{"A-1-1"}}, user, false},
		{"GET", "/bookings", nil, user, false},
		{"GET", "/bookings/" + booking, nil, user, false},
		{"DELETE", "/bookings/" + booking, nil, user, false},
		{"POST", "/bookings/" + booking + "/payments", object{"method": "mock", "token": "tok_ok"}, user, false},
		{"GET", "/bookings/" + booking + "/payments", nil, user, false},
		{"POST", "/bookings/" + booking + "/refund", nil, admin, true},
	}
}

// TestRequests_Malformed sends every kind of wrong input to every endpoint.
func TestRequests_Malformed(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	user, _ := p.user()
	stranger, _ := p.user()
	booking := p.hold(user, event, "A-2-1").text("id")
	expect := func(name string, e endpoint, a *answer, status int, code string) {
		t.Helper()
		if a.status != status || a.text("code") != code {
			t.Errorf("%v: %s: got %d %s instead of %d %s: %s", e, name, a.status, a.text("code"), status, code, a.raw)
			return
		}
		if a.header.Get("Content-Type") != "application/problem+json" || a.text("requestId") == "" ||
			a.text("requestId") != a.header.Get("X-Request-Id") || a.body["status"] != float64(status) || a.text("title") == "" {
			t.Errorf("%v: %s: not a whole problem: %v %s", e, name, a.header, a.raw)
		}
		if status == 401 && a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%v: %s: no WWW-Authenticate", e, name)
		}
	}
	for _, e := range endpoints(event, booking, user, p.admin) {
		if e.token != "" {
			for name, token := range badTokens(t, p.cfg.JWTSecret) {
				expect(name, e, p.call(e.method, e.path, token, e.body), 401, "unauthenticated")
			}
		}
		if e.admin {
			expect("wrong role", e, p.call(e.method, e.path, user, e.body), 403, "forbidden")
		}
		if strings.Contains(e.path, booking) && !e.admin {
			expect("somebody else's", e, p.call(e.method, e.path, stranger, e.body), 404, "not_found")
		}
		for _, id := range []string{"nonsense", uuid.NewString(), "00000000-0000-0000-0000-00000000000g"} {
			code := "not_found"
			if strings.Contains(e.path, event) {
				code = "event_not_found"
			}
			if path := strings.NewReplacer(event, id, booking, id).Replace(e.path); path != e.path {
				expect("id "+id, e, p.call(e.method, path, e.token, e.body), 404, code)
			}
		}
		if e.body == nil {
			continue
		}
		good, err := json.Marshal(e.body)
		require.NoError(t, err)
		for name, body := range map[string]string{
			"empty": "", "malformed": `{"a":`, "array": `[]`, "null": `null`, "string": `"x"`, "trailing": string(good) + "{}",
			"unknown field": strings.TrimSuffix(string(good), "}") + `,"surprise":1}`, "bad UTF-8": "{\"\xff\":1}",
			"wrong types": wrongTypes(e.body), "deep": strings.Repeat(`{"a":`, 100_000),
		} {
			want, code := 400, "malformed_body"
			if len(body) > 64<<10 && !strings.HasSuffix(e.path, "/seats") {
				want, code = 413, "body_too_large"
			}
			expect(name, e, p.call(e.method, e.path, e.token, body), want, code)
		}
		large := `{"a":"` + strings.Repeat("x", 17<<20) + `"}`
		if a, err := p.try(e.method, e.path, e.token, large); err != nil {
			t.Errorf("%v: too large: %v", e, err)
		} else {
			expect("too large", e, a, 413, "body_too_large")
		}
		expect("wrong content type", e, p.call(e.method, e.path, e.token, string(good), "Content-Type: text/plain"), 415, "unsupported_media_type")
		if e.method == "POST" && e.token != "" && !strings.HasSuffix(e.path, "/logout") {
			expect("key too long", e, p.call(e.method, e.path, e.token, e.body, "Idempotency-Key: "+strings.Repeat("k", 256)), 422, "validation_failed")
		}
	}
	for _, path := range []string{"/api/v1/nothing", "/nothing", "/api/v1/events/" + event + "/nothing"} {
		expect("unknown route", endpoint{method: "GET", path: path}, p.call("GET", path, "", nil), 404, "not_found")
	}
	wrong := p.call("PUT", "/bookings", user, nil)
	expect("wrong method", endpoint{method: "PUT", path: "/bookings"}, wrong, 405, "method_not_allowed")
	require.Contains(t, wrong.header.Get("Allow"), "POST")
}

// wrongTypes turns every string of a body into a number and all else into a string.
func wrongTypes(body object) string {
	spoilt := object{}
	for k, v := range body {
		if _, ok := v.(string); ok {
			spoilt[k] = 7
		} else {
			spoilt[k] = "text"
		}
	}
	text, _ := json.Marshal(spoilt)
	return string(text)
}

func badTokens(t *testing.T, secret string) map[string]string {
	claims := func(expires time.Time) jwt.MapClaims {
		return jwt.MapClaims{"sub": uuid.NewString(), "role": "ADMIN", "jti": uuid.NewString(), "iss": "eventra", "aud": "eventra",
			"iat": time.Now().Add(-time.Hour).Unix(), "exp": expires.Unix()}
	}
	sign := func(method jwt.SigningMethod, key any, c jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		require.NoError(t, err)
		return token
	}
	soon := time.Now().Add(time.Hour)
	return map[string]string{
		"no token":      "",
		"nonsense":      "nonsense",
		"expired":       sign(jwt.SigningMethodHS256, []byte(secret), claims(time.Now().Add(-time.Minute))),
		"alg=none":      sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(soon)),
		"other secret":  sign(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), claims(soon)),
		"other hash":    sign(jwt.SigningMethodHS512, []byte(secret), claims(soon)),
		"no expiry":     sign(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": uuid.NewString(), "role": "ADMIN"}),
		"not a subject": sign(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"sub": "root", "role": "ADMIN", "exp": soon.Unix()}),
	}
}

// TestRequests_InvalidValues sends well-formed bodies with values that cannot be.
func TestRequests_InvalidValues(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, object{"maxSeatsPerBooking": 4})
	user, _ := p.user()
	booking := p.hold(user, event, "A-2-1").text("id")
	register := func(k string, v any) object {
		return with(object{"email": "a@example.org", "password": "correct horse", "name": "A"}, k, v)
	}
	seat := func(k string, v any) object {
		return object{"seats": []object{with(object{"section": "B", "row": "1", "number": 1, "price": object{"amount": 1, "currency": "EUR"}}, k, v)}}
	}
	section := func(k string, v any) object {
		return object{"sections": []object{with(object{"name": "B", "rowCount": 1, "seatsPerRow": 1, "price": object{"amount": 1, "currency": "EUR"}}, k, v)}}
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("A-1-%d", i)
	}
	for _, c := range []struct {
		path, token string
		body        any
		status      int
		code, field string
	}{
		{"/auth/register", "", register("email", "nobody"), 422, "validation_failed", "email"},
		{"/auth/register", "", register("email", "Some <a@example.org>"), 422, "validation_failed", "email"},
		{"/auth/register", "", register("email", strings.Repeat("a", 300)+"@example.org"), 422, "validation_failed", "email"},
		{"/auth/register", "", register("password", "short"), 422, "validation_failed", "password"},
		{"/auth/register", "", register("password", strings.Repeat("ü", 37)), 422, "validation_failed", "password"},
		{"/auth/register", "", register("name", ""), 422, "validation_failed", "name"},
		{"/auth/register", "", register("name", strings.Repeat("n", 101)), 422, "validation_failed", "name"},
		{"/events", p.admin, with(eventBody(), "title", ""), 422, "validation_failed", "title"},
		{"/events", p.admin, with(eventBody(), "holdSeconds", 4), 422, "validation_failed", "holdSeconds"},
		{"/events", p.admin, with(eventBody(), "maxSeatsPerBooking", 51), 422, "validation_failed", "maxSeatsPerBooking"},
		{"/events", p.admin, with(eventBody(), "endsAt", "2020-01-01T00:00:00Z"), 422, "validation_failed", "endsAt"},
		{"/events", p.admin, with(eventBody(), "attributes", object{"big": strings.Repeat("x", 17<<10)}), 422, "validation_failed", "attributes"},
		{"/events/" + event + "/seats", p.admin, seat("section", "A-B"), 422, "validation_failed", "seats[0].section"},
		{"/events/" + event + "/seats", p.admin, seat("number", 0), 422, "validation_failed", "seats[0].number"},
		{"/events/" + event + "/seats", p.admin, seat("price", object{"amount": -1, "currency": "EUR"}), 422, "validation_failed", "seats[0].price.amount"},
		{"/events/" + event + "/seats", p.admin, seat("price", object{"amount": 1, "currency": "euro"}), 422, "validation_failed", "seats[0].price.currency"},
		{"/events/" + event + "/seats", p.admin, section("rowCount", 1_000_000_000), 422, "validation_failed", ""},
		{"/events/" + event + "/seats", p.admin, section("name", "A"), 409, "seat_exists", ""},
		{"/bookings", user, object{"eventId": event, "seats": []string{}}, 422, "validation_failed", "seats"},
		{"/bookings", user, object{"eventId": event}, 422, "validation_failed", ""},
		{"/bookings", user, object{"eventId": event, "seats": many}, 422, "validation_failed", "seats"},
		{"/bookings", user, object{"eventId": event, "seats": []string{"A-1-1", "A-1-2", "A-1-3", "A-1-4", "A-1-5"}}, 422, "validation_failed", "seats"},
		{"/bookings", user, object{"eventId": event, "seats": []string{"A-1-1", "A-1-1"}}, 422, "validation_failed", "seats[1]"},
		{"/bookings", user, object{"eventId": event, "seats": []string{"A-1-99"}}, 422, "unknown_seats", ""},
		{"/bookings", user, object{"eventId": event, "seats": []string{"A-1-1"}, "bestAvailable": object{"quantity": 1}}, 422, "validation_failed", ""},
		{"/bookings", user, object{"eventId": event, "bestAvailable": object{"quantity": 0}}, 422, "validation_failed", "bestAvailable.quantity"},
		{"/bookings", user, object{"eventId": event, "bestAvailable": object{"quantity": 5}}, 422, "validation_failed", "bestAvailable.quantity"},
		{"/bookings", user, object{"eventId": event, "bestAvailable": object{"quantity": 1, "section": "Z"}}, 422, "validation_failed", "bestAvailable.section"},
		{"/bookings", user, object{"eventId": uuid.NewString(), "seats": []string{"A-1-1"}}, 404, "event_not_found", ""},
		{"/bookings/" + booking + "/payments", user, object{"method": "cash", "token": "tok_ok"}, 422, "validation_failed", "method"},
		{"/bookings/" + booking + "/payments", user, object{"method": "mock", "token": ""}, 422, "validation_failed", "token"},
		{"/bookings/" + booking + "/payments", user, object{"method": "mock", "token": "tok_declined"}, 402, "payment_declined", ""},
		{"/bookings/" + booking + "/payments", user, object{"method": "mock", "token": "tok_error"}, 503, "payment_unavailable", ""},
	} {
		a := p.call("POST", c.path, c.token, c.body)
		if a.status != c.status || a.text("code") != c.code {
			t.Errorf("%s %v: got %v instead of %d %s", c.path, c.body, a, c.status, c.code)
			continue
		}
		if c.field != "" && !strings.Contains(string(a.raw), `"field":"`+c.field+`"`) {
			t.Errorf("%s %v: %s is not named: %v", c.path, c.body, c.field, a)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=nonsense", "cursor=" + base64.RawURLEncoding.EncodeToString(make([]byte, 40)),
		"from=yesterday", "status=SOLD"} {
		a := p.call("GET", "/events?"+query, "", nil)
		require.Equal(t, 422, a.status, "%s: %v", query, a)
		require.Equal(t, "validation_failed", a.text("code"))
	}
	require.Equal(t, "HELD", p.must(200, "GET", "/bookings/"+booking, user, nil).text("status"), "failed payments leave the hold")
}

func with(body object, key string, value any) object {
	body[key] = value
	return body
}
