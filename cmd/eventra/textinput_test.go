package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oddTexts are what a body may hold in a string, as JSON. Of some PostgreSQL keeps nothing
// (NUL), and some is no Unicode (lone surrogates, bytes that are no UTF-8).
var oddTexts = []string{`\u0000`, `a\u0000@b.c`, `\u0001`, `\u001f`, `\u007f`, `\u0085`, `\u2028`, `\u200b`, `\ufdd0`, `\ufffe`, `\uffff`,
	`\udbff\udfff`, `\ud800`, `\udc00\ud800`, "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x00", "\x1b"}

// TestRequests_TextThatNoStoreKeeps puts odd text wherever a client can put text. Whatever
// it is, the answer is the client's fault or a success.
func TestRequests_TextThatNoStoreKeeps(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	user, _ := p.user()
	booking := p.hold(user, event, "A-2-1").text("id")
	check := func(what string, a *answer) {
		t.Helper()
		if a.status >= 500 || strings.Contains(what, `\u0000`) && a.status != 422 && a.status != 400 {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
		}
	}
	for _, e := range endpoints(event, booking, user, p.admin) {
		if e.method == "DELETE" || strings.HasSuffix(e.path, "/cancel") || strings.HasSuffix(e.path, "/logout") || strings.HasSuffix(e.path, "/refund") {
			continue
		}
		for _, text := range oddTexts {
			for _, body := range bodiesWith(t, e.body, text) {
				check(fmt.Sprintf("%v %s", e, body), p.call(e.method, e.path, e.token, body))
				check(fmt.Sprintf("%v %s with a key", e, body), p.call(e.method, e.path, e.token, body, "Idempotency-Key: "+url.QueryEscape(body)[:min(200, len(body))]))
			}
		}
	}
	for _, text := range []string{"%00", "a%00b", "%01", "%7f", "%c2%85", "%ff", "%ed%a0%80", "%f5%80%80%80", "%ef%bf%bf", "%", "%zz", "%2e%2e%2f"} {
		for path, parameters := range map[string][]string{
			"/events":                            {"q", "category", "city", "from", "to", "status", "limit", "cursor"},
			"/events/" + event + "/seats":        {"section", "since"},
			"/bookings":                          {"status", "eventId", "limit", "cursor"},
			"/bookings/" + booking + "/payments": {"limit", "cursor"},
		} {
			for _, name := range append(parameters, text) {
				check(path+"?"+name+"="+text, p.call("GET", path+"?"+name+"="+text, user, nil))
			}
		}
		for _, path := range []string{"/events/" + text, "/events/" + text + "/seats", "/events/" + text + "/seats/stream", "/events/" + text + "/availability",
			"/bookings/" + text, "/bookings/" + text + "/payments"} {
			if _, err := url.Parse(path); err == nil {
				check(path, p.call("GET", path, p.admin, nil))
				check(path, p.call("POST", path, p.admin, nil, "Idempotency-Key: k"))
			}
		}
	}
}

// bodiesWith puts a text, as JSON, into each string of a body in turn, into a field's name,
// and into a field that is unknown.
func bodiesWith(t *testing.T, body object, text string) (bodies []string) {
	if body == nil {
		return []string{`{"x":"` + text + `"}`}
	}
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	parts := strings.Split(string(encoded), `"`)
	for i := 1; i < len(parts); i += 2 {
		spoilt := append([]string{}, parts...)
		spoilt[i] = text
		bodies = append(bodies, strings.Join(spoilt, `"`))
	}
	return append(bodies, `{"x":{"`+text+`":["`+text+`"]},`+string(encoded[1:]))
}
