package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestRoutes_Access tries every route of the server as every kind of caller. A route
// without a row fails it.
func TestRoutes_Access(t *testing.T) {
	t.Parallel()
	p := start(t)
	callers := visitors(p)
	rows := map[string]bool{}
	for _, row := range accessTable() {
		rows[row.route] = true
		method, _, _ := strings.Cut(row.route, " ")
		path, event := row.prepare(p, callers[1])
		for _, by := range callers {
			c := &cell{p: p, access: row, by: by, event: event}
			got, want := c.status(method, path), by.want(row.want)
			if got != want {
				t.Errorf("%s (%s) as %s: %d instead of %d", row.route, row.needs, by.name, got, want)
			}
			if method == "GET" && c.status("HEAD", path) != want {
				t.Errorf("HEAD %s (%s) as %s: another status than for GET, %d", path, row.needs, by.name, got)
			} else if method != "GET" && got < 300 {
				path, event = row.prepare(p, callers[1]) // for the next, too
			}
		}
	}
	for _, route := range p.app.Routes() {
		if get, head := strings.CutPrefix(route, "HEAD "); head {
			route = "GET " + get
		}
		if !rows[route] {
			t.Errorf("%s has no row", route)
		}
	}
}

// TestOpenAPI_HasEveryRoute compares the document with the server.
func TestOpenAPI_HasEveryRoute(t *testing.T) {
	t.Parallel()
	p := start(t)
	var paths struct{ Paths map[string]map[string]any }
	require.NoError(t, json.Unmarshal(p.must(200, "GET", "/openapi.json", "", nil).raw, &paths))
	var documented, served []string
	for path, methods := range paths.Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	for _, route := range p.app.Routes() {
		if !strings.HasPrefix(route, "HEAD ") && !strings.HasPrefix(route, "GET /api-docs") && !slices.Contains(pages, route) {
			served = append(served, parameters.Replace(route))
		}
	}
	slices.Sort(documented)
	slices.Sort(served)
	require.Equal(t, served, documented)
}

// pages are for people; the document has none of them.
var pages = []string{"GET /", "GET /favicon.ico", "GET /events/:eventId", "GET /livehouse/:file", "GET /verify-email", "POST /verify-email", "GET /reset-password", "POST /reset-password"}

// parameters turns the router's names in paths into those of OpenAPI.
var parameters = strings.NewReplacer(":eventId", "{eventId}", ":bookingId", "{bookingId}", ":sessionId", "{sessionId}", ":apiKeyId", "{apiKeyId}", ":seat", "{seat}",
	":userId", "{userId}", ":mailId", "{mailId}", ":name", "{name}")

// cell is one request of the table.
type cell struct {
	p      *program
	access access
	by     visitor
	event  string
}

func (c *cell) registration() object {
	return object{"email": uuid.NewString() + "@example.org", "password": "correct horse", "name": "Somebody"}
}

func (c *cell) seat() object {
	body := object{"eventId": c.event, "seats": []string{"A-1-1"}}
	if strings.HasPrefix(c.by.token, "evk_") {
		body["customer"] = object{"externalId": "C-1"}
	}
	return body
}

// refreshToken signs the caller in once more, so that its other requests keep their session.
func (c *cell) refreshToken() object {
	var in *answer
	if c.by.email == "" {
		in, _ = c.p.signIn()
	} else {
		in = c.p.must(200, "POST", "/auth/login", "", object{"email": c.by.email, "password": c.password()})
		c.by.token = in.text("accessToken")
	}
	return object{"refreshToken": in.text("refreshToken")}
}

func (c *cell) password() string {
	if c.by.email == adminEmail {
		return adminPassword
	}
	return "correct horse"
}

// someToken is a one-time token of somebody new.
func (c *cell) someToken(kind string) string {
	_, email := c.p.signIn()
	return c.p.insertToken(kind, email)
}

func (c *cell) verifyToken() object { return object{"token": c.someToken("verify")} }

func (c *cell) resetToken() object {
	return object{"token": c.someToken("reset"), "password": "new battery staple"}
}

func (c *cell) verifyForm() url.Values { return url.Values{"token": {c.someToken("verify")}} }

func (c *cell) resetForm() url.Values {
	return url.Values{"token": {c.someToken("reset")}, "password": {"new battery staple"}, "again": {"new battery staple"}}
}

// signedInAgain has no body.
func (c *cell) signedInAgain() object {
	c.refreshToken()
	return nil
}

// samePassword is as good as another one.
func (c *cell) samePassword() object {
	c.refreshToken()
	return object{"current": c.password(), "password": c.password()}
}

// prepare makes what the route's path names, and returns the path.
func (row *access) prepare(p *program, owner visitor) (path, event string) {
	switch row.needs {
	case "draft", "floor":
		event = p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
		p.must(201, "POST", "/events/"+event+"/seats", p.admin, seatsOf("A"))
		if row.needs == "floor" {
			p.must(201, "POST", "/events/"+event+"/seats", p.admin, object{"sections": []object{
				{"name": "FLOOR", "capacity": 10, "price": object{"amount": 1, "currency": "EUR"}}}})
		}
	case "published", "held", "confirmed", "cancelled":
		event = p.event(1, 1, nil)
	}
	if row.needs == "cancelled" {
		p.must(200, "POST", "/events/"+event+"/cancel", p.admin, nil)
	}
	booking := ""
	if row.needs == "held" || row.needs == "confirmed" {
		booking = p.hold(owner.token, event, "A-1-1").text("id")
	}
	if row.needs == "confirmed" {
		p.must(201, "POST", "/bookings/"+booking+"/payments", owner.token, object{"method": "mock", "token": "tok_ok"})
	}
	session := ""
	if row.needs == "session" {
		newest := p.must(200, "GET", "/auth/sessions?limit=1", p.login(owner.email, "correct horse"), nil).items()[0]
		session = newest["id"].(string)
	}
	key := ""
	if row.needs == "key" {
		key, _ = p.apiKey(object{"name": "A shop"})
	}
	user := ""
	if row.needs == "user" {
		token, _ := p.user()
		user = p.must(200, "GET", "/auth/me", token, nil).text("id")
	}
	_, route, _ := strings.Cut(row.route, " ")
	return strings.NewReplacer(":eventId", event, ":bookingId", booking, ":sessionId", session, ":apiKeyId", key, ":seat", "A-1-1", ":userId", user, ":mailId", uuid.NewString(), ":name", "FLOOR", ":file", "main.js", "*", "index.html").Replace(route), event
}

// status sends the request and returns the status. It reads no body, as that of a stream never ends.
func (c *cell) status(method, path string) int {
	body := c.access.body
	if made, ok := body.(func(*cell) object); ok {
		body = nil
		if o := made(c); o != nil {
			body = o
		}
	}
	var text []byte
	contentType := "application/json"
	if form, ok := body.(func(*cell) url.Values); ok {
		text, contentType = []byte(form(c).Encode()), "application/x-www-form-urlencoded"
	} else if body != nil {
		text, _ = json.Marshal(body)
	}
	ctx, cancel := context.WithTimeout(c.p.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.p.url+path, bytes.NewReader(text))
	require.NoError(c.p.t, err)
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if c.by.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.by.token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirects
	require.NoError(c.p.t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}
