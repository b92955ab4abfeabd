package http

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// endpoint is one operation, asked for rightly. {event}, {booking} and so on
// stand for ids of the world's.
type endpoint struct {
	method, path string
	body         string // a valid one; "" if it takes none
	who          string // "", "user" or "admin"
	name         string // of the id's kind in the path
}

var endpoints = []endpoint{
	{"POST", "/api/v1/auth/register", `{"email":"new@example.com","password":"correct horse","name":"New"}`, "", ""},
	{"POST", "/api/v1/auth/login", `{"email":"user@example.com","password":"correct horse"}`, "", ""},
	{"POST", "/api/v1/auth/refresh", `{"refreshToken":"x"}`, "", ""},
	{"POST", "/api/v1/auth/logout", `{"refreshToken":"x"}`, "user", ""},
	{"GET", "/api/v1/auth/me", "", "user", ""},
	{"GET", "/api/v1/events", "", "", ""},
	{"POST", "/api/v1/events", validEvent, "admin", ""},
	{"GET", "/api/v1/events/{event}", "", "", "event"},
	{"PATCH", "/api/v1/events/{event}", `{"title":"New"}`, "admin", "event"},
	{"DELETE", "/api/v1/events/{event}", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/publish", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/cancel", "", "admin", "event"},
	{"POST", "/api/v1/events/{event}/seats", `{"sections":[{"name":"C","rowCount":2,"seatsPerRow":2,"price":{"amount":1,"currency":"EUR"}}]}`, "admin", "event"},
	{"GET", "/api/v1/events/{event}/seats", "", "", "event"},
	{"GET", "/api/v1/events/{event}/availability", "", "", "event"},
	{"POST", "/api/v1/bookings", `{"eventId":"{event}","seats":["A-1-1"]}`, "user", ""},
	{"GET", "/api/v1/bookings", "", "user", ""},
	{"GET", "/api/v1/bookings/{booking}", "", "user", "booking"},
	{"DELETE", "/api/v1/bookings/{booking}", "", "user", "booking"},
	{"POST", "/api/v1/bookings/{booking}/payments", `{"method":"mock","token":"tok_ok"}`, "user", "booking"},
	{"GET", "/api/v1/bookings/{booking}/payments", "", "user", "booking"},
	{"POST", "/api/v1/bookings/{booking}/refund", "", "admin", "booking"},
}

const validEvent = `{"title":"T","description":"","category":"c","tags":["a"],"venue":{"name":"V","address":"","city":"B","country":"DE","timezone":"Europe/Berlin"},` +
	`"startsAt":"2030-05-01T19:30:00Z","endsAt":"2030-05-01T22:00:00Z","attributes":{"x":[1,{"y":null}]}}`

func (w *world) fill(s string) string {
	return strings.NewReplacer("{event}", w.published, "{booking}", w.bookingID).Replace(s)
}

func (w *world) token(who string) string {
	return map[string]string{"user": w.userToken, "admin": w.adminToken}[who]
}

func eachEndpoint(t *testing.T, which func(endpoint) bool, test func(t *testing.T, w *world, e endpoint)) {
	for _, e := range endpoints {
		if !which(e) {
			continue
		}
		t.Run(e.method+" "+e.path, func(t *testing.T) {
			w := newWorld(t)
			e.path, e.body = w.fill(e.path), w.fill(e.body)
			test(t, w, e)
		})
	}
}

func (endpoint) any() bool         { return true }
func (e endpoint) takesBody() bool { return e.body != "" }
func (e endpoint) hasID() bool     { return e.name != "" }
func (e endpoint) takesKey() bool {
	return e.method == "POST" && (!strings.HasPrefix(e.path, "/api/v1/auth/") || strings.HasSuffix(e.path, "register"))
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.any, func(t *testing.T, w *world, e endpoint) {
		for name, header := range w.badAuthorizations() {
			a := w.send(e.method, e.path, "", e.body, "Authorization: "+header)
			if strings.HasPrefix(e.path, "/api/v1/auth/") && e.who == "" {
				require.NotEqual(t, "unauthenticated", a.Header.Get("X"), name) // asks for no token, so looks at none
				continue
			}
			w.problem(a, 401, eventra.CodeUnauthenticated)
		}
		if e.who != "" {
			w.problem(w.send(e.method, e.path, "", e.body), 401, eventra.CodeUnauthenticated)
		}
		if e.who == "admin" {
			w.problem(w.send(e.method, e.path, w.userToken, e.body), 403, eventra.CodeForbidden)
		}
	})
}

// badAuthorizations are headers that must not let anybody in.
func (w *world) badAuthorizations() map[string]string {
	sign := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		now := time.Now()
		c := jwt.MapClaims{"iss": "eventra", "aud": "eventra", "sub": w.admin.ID.String(), "role": "ADMIN",
			"jti": newID().String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
		if change != nil {
			change(c)
		}
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		require.NoError(w.t, err)
		return "Bearer " + token
	}
	secret := []byte(testSecret)
	set := func(claim string, value any) string {
		return sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c[claim] = value })
	}
	cut := strings.LastIndexByte(w.adminToken, '.')
	w.ok(200, "GET", "/api/v1/auth/me", strings.TrimPrefix(sign(jwt.SigningMethodHS256, secret, nil), "Bearer "), "") // they are good but for their fault
	return map[string]string{
		"no scheme":      w.adminToken,
		"other scheme":   "Basic dXNlcjpwYXNz",
		"empty":          "Bearer ",
		"no JWT":         "Bearer abc",
		"alg none":       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"other alg":      sign(jwt.SigningMethodHS512, secret, nil),
		"other secret":   sign(jwt.SigningMethodHS256, []byte("another secret of more than 32 bytes"), nil),
		"expired":        set("exp", time.Now().Add(-time.Second).Unix()),
		"no expiry":      sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { delete(c, "exp") }),
		"other issuer":   set("iss", "x"),
		"other audience": set("aud", "x"),
		"no user":        set("sub", "admin"),
		"no id":          set("jti", ""),
		"no signature":   "Bearer " + w.adminToken[:cut+1],
		"other claims": "Bearer " + strings.Split(w.userToken, ".")[0] + "." +
			base64.RawURLEncoding.EncodeToString([]byte(`{"role":"ADMIN"}`)) + w.adminToken[cut:],
	}
}

func TestWrongBodies(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.takesBody, func(t *testing.T, w *world, e endpoint) {
		send := func(body string, headers ...string) answer {
			return w.send(e.method, e.path, w.token(e.who), body, headers...)
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
			w.problem(a, 400, eventra.CodeMalformedBody)
			require.NotContains(t, a.body, "Go ", name)
		}
		w.problem(send(e.body, "Content-Type: text/plain"), 415, eventra.CodeUnsupportedMediaType)
		w.problem(send(e.body, "Content-Type: "), 415, eventra.CodeUnsupportedMediaType)
		w.problem(send(e.body, "Content-Type: application/x-www-form-urlencoded"), 415, eventra.CodeUnsupportedMediaType)
		w.problem(send(e.body, "Content-Type: multipart/form-data; boundary=x"), 415, eventra.CodeUnsupportedMediaType)
		w.problem(send(e.body, "Content-Type: application/json; charset=latin1"), 415, eventra.CodeUnsupportedMediaType)
		w.problem(send(e.body, "Content-Encoding: gzip"), 415, eventra.CodeUnsupportedMediaType)
		if e.method == "POST" && !strings.HasSuffix(e.path, "/seats") {
			w.problem(send(e.body, "Content-Type: application/merge-patch+json"), 415, eventra.CodeUnsupportedMediaType)
			w.problem(send(strings.Repeat(" ", bodyMaxBytes)+e.body), 413, eventra.CodeBodyTooLarge)
		}
		require.Less(t, send(e.body, "Content-Type: Application/JSON; charset=UTF-8").StatusCode, 404)
	})
}

func TestWrongIDs(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.hasID, func(t *testing.T, w *world, e endpoint) {
		code := map[string]eventra.Code{"event": eventra.CodeEventNotFound, "booking": eventra.CodeNotFound}[e.name]
		id := map[string]string{"event": w.published, "booking": w.bookingID}[e.name]
		for _, bad := range []string{newID().String(), "1", "x'--", "%00", strings.Repeat("a", 5000), id + "0", id[:35],
			strings.ReplaceAll(id, "-", ""), "%7B" + id + "%7D", "..%2F..", "%ff%fe"} {
			a := w.send(e.method, strings.Replace(e.path, id, bad, 1), w.token(e.who), e.body)
			w.problem(a, 404, code)
		}
	})
}

func TestWrongIdempotencyKeys(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.takesKey, func(t *testing.T, w *world, e endpoint) {
		for _, key := range []string{"", strings.Repeat("k", 256), "with space", "ümlaut"} {
			a := w.send(e.method, e.path, w.token(e.who), e.body, headerIdempotencyKey+": "+key)
			p := w.problem(a, 422, eventra.CodeValidationFailed)
			require.Equal(t, headerIdempotencyKey, p.Errors[0].Field)
		}
	})
}

func TestLostBackendIs503Everywhere(t *testing.T) {
	t.Parallel()
	// The fake of refreshing knows no token, and so never asks its backend.
	asksBackend := func(e endpoint) bool { return !strings.HasSuffix(e.path, "/auth/refresh") }
	eachEndpoint(t, asksBackend, func(t *testing.T, w *world, e endpoint) {
		w.fakes.fail(eventra.Unavailable("the database", nil))
		w.problem(w.send(e.method, e.path, w.token(e.who), e.body), 503, eventra.CodeUnavailable)
	})
}

func TestWrongValues(t *testing.T) {
	for _, c := range []struct{ name, method, path, who, body, fields string }{
		{"no values", "POST", "/api/v1/auth/register", "", `{}`, "email password name"},
		{"nulls", "POST", "/api/v1/auth/register", "", `{"email":null,"password":null,"name":null}`, "email password name"},
		{"short password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"1234567","name":"x"}`, "password"},
		{"long password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"` + strings.Repeat("ä", 37) + `","name":"x"}`, "password"},
		{"NUL in password", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"1234567\u0000x","name":"x"}`, "password"},
		{"display name in address", "POST", "/api/v1/auth/register", "", `{"email":"A <a@b.c>","password":"12345678","name":"x"}`, "email"},
		{"long name", "POST", "/api/v1/auth/register", "", `{"email":"a@b.c","password":"12345678","name":"` + strings.Repeat("n", 101) + `"}`, "name"},
		{"empty login", "POST", "/api/v1/auth/login", "", `{}`, "email password"},
		{"empty token", "POST", "/api/v1/auth/refresh", "", `{}`, "refreshToken"},
		{"empty event", "POST", "/api/v1/events", "admin", `{}`, "startsAt endsAt title category venue.name venue.city venue.timezone"},
		{"bad times", "POST", "/api/v1/events", "admin", strings.ReplaceAll(validEvent, "2030-05-01T", "2030-13-01T"), "startsAt endsAt"},
		{"numbers out of range", "POST", "/api/v1/events", "admin", `{"holdSeconds":4,"maxSeatsPerBooking":51,` + validEvent[1:], "holdSeconds maxSeatsPerBooking"},
		{"deep attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{"y":null}]`, strings.Repeat("[", 40)+strings.Repeat("]", 40), 1), "attributes"},
		{"huge number in attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{`, `[1e999,{`, 1), "attributes"},
		{"NUL in attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `"y"`, `"y\u0000"`, 1), "attributes"},
		{"attributes no object", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `{"x":[1,{"y":null}]}`, `[1]`, 1), "attributes"},
		{"big attributes", "POST", "/api/v1/events", "admin", strings.Replace(validEvent, `[1,{"y":null}]`, `"`+strings.Repeat("x", 17<<10)+`"`, 1), "attributes"},
		{"patch to null", "PATCH", "/api/v1/events/{event}", "admin", `{"title":null,"startsAt":null}`, "startsAt title"},
		{"no seats", "POST", "/api/v1/events/{event}/seats", "admin", `{}`, "sections"},
		{"both forms", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{}],"seats":[{}]}`, "sections"},
		{"empty section", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{}]}`, "sections[0].name sections[0].seatsPerRow sections[0].price.currency sections[0].rows"},
		{"empty seat", "POST", "/api/v1/events/{event}/seats", "admin", `{"seats":[{}]}`, "seats[0].section seats[0].row seats[0].number seats[0].price.currency"},
		{"too many seats", "POST", "/api/v1/events/{event}/seats", "admin", `{"sections":[{"name":"A","rowCount":99999,"seatsPerRow":99999,"price":{"amount":1,"currency":"EUR"}}]}`, "sections"},
		{"no quantity", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","bestAvailable":{}}`, "bestAvailable.quantity"},
		{"negative quantity", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","bestAvailable":{"quantity":-1}}`, "bestAvailable.quantity"},
		{"nothing wanted", "POST", "/api/v1/bookings", "user", `{}`, "eventId seats"},
		{"no seat", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[]}`, "seats"},
		{"both wants", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["A-1-1"],"bestAvailable":{"quantity":1}}`, "seats"},
		{"duplicates", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["A-1-1","A-1-2","A-1-1"]}`, "seats[2]"},
		{"empty name", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[""]}`, "seats[0]"},
		{"long name", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":["` + strings.Repeat("A", 1000) + `"]}`, "seats[0]"},
		{"too many", "POST", "/api/v1/bookings", "user", `{"eventId":"{event}","seats":[` + strings.Repeat(`"A",`, 50) + `"B"]}`, "seats"},
		{"empty payment", "POST", "/api/v1/bookings/{booking}/payments", "user", `{}`, "method token"},
		{"bad token", "POST", "/api/v1/bookings/{booking}/payments", "user", `{"method":"mock","token":"a b"}`, "token"},
		{"limits", "GET", "/api/v1/events?limit=0", "", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=101", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings?limit=1e2", "user", "", "limit"},
		{"limits", "GET", "/api/v1/bookings/{booking}/payments?limit=99999999999999999999", "user", "", "limit"},
		{"cursors", "GET", "/api/v1/events?cursor=abc", "", "", "cursor"},
		{"cursors", "GET", "/api/v1/bookings?cursor=", "user", "", "cursor"},
		{"cursors", "GET", "/api/v1/bookings/{booking}/payments?cursor=%00", "user", "", "cursor cursor"},
		{"filters", "GET", "/api/v1/events?from=tomorrow&to=2030-01-01&status=GONE&q=%ff&city=%00", "", "", "q city from to status"},
		{"filters", "GET", "/api/v1/events?q=" + strings.Repeat("x", 201), "", "", "q"},
		{"filters", "GET", "/api/v1/bookings?status=held&eventId=1", "user", "", "status eventId"},
		{"since", "GET", "/api/v1/events/{event}/seats?since=-1", "", "", "since"},
		{"since", "GET", "/api/v1/events/{event}/seats?since=", "", "", "since"},
		{"section", "GET", "/api/v1/events/{event}/seats?section=Z", "", "", "section"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.problem(w.send(c.method, w.fill(c.path), w.token(c.who), w.fill(c.body)), 422, eventra.CodeValidationFailed)
			var fields []string
			for _, fault := range p.Errors {
				fields = append(fields, fault.Field)
				require.NotEmpty(t, fault.Code)
				require.NotEmpty(t, fault.Message)
			}
			require.Equal(t, c.fields, strings.Join(fields, " "))
		})
	}
}

func TestHugeNumbersAreNoFaultOfOurs(t *testing.T) {
	w := newWorld(t)
	for _, number := range []string{"1e400", "-1e400", "99999999999999999999", "1.5", "1" + strings.Repeat("0", 5000)} {
		for _, body := range []string{`{"eventId":"{event}","bestAvailable":{"quantity":` + number + `}}`, `{"eventId":` + number + `}`} {
			a := w.send("POST", "/api/v1/bookings", w.userToken, w.fill(body))
			w.problem(a, 400, eventra.CodeMalformedBody)
		}
	}
	a := w.send("POST", "/api/v1/bookings", w.userToken, w.fill(`{"eventId":"{event}","bestAvailable":{"quantity":"2"}}`))
	require.Contains(t, w.problem(a, 400, eventra.CodeMalformedBody).Detail, "bestAvailable.quantity")
}

func TestUnknownEventIs404(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"1", newID().String()} {
		a := w.send("POST", "/api/v1/bookings", w.userToken, `{"eventId":"`+id+`","seats":["A-1-1"]}`)
		w.problem(a, 404, eventra.CodeEventNotFound)
	}
}
