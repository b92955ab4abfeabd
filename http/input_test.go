package http

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/docs"
)

// operation is one of the document, with what it takes.
type operation struct {
	method, path string
	takesBody    bool
	parameters   []string // in the query
}

// documentedOperations are those of the API.
func documentedOperations(t *testing.T) (operations []operation) {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody any
			Parameters  []struct{ In, Name string }
		}
	}
	require.NoError(t, json.Unmarshal(docs.OpenAPI, &document))
	for path, methods := range document.Paths {
		for method, documented := range methods {
			if !strings.HasPrefix(path, "/api/v1/") {
				continue
			}
			o := operation{method: strings.ToUpper(method), path: path, takesBody: documented.RequestBody != nil}
			for _, parameter := range documented.Parameters {
				if parameter.In == "query" {
					o.parameters = append(o.parameters, parameter.Name)
				}
			}
			operations = append(operations, o)
		}
	}
	return operations
}

func (ts *testServer) address(o operation) string {
	event := ts.published
	if strings.HasSuffix(o.path, "/publish") {
		event = ts.draft
	}
	return strings.NewReplacer("{eventId}", event, "{bookingId}", ts.bookingID, "{sessionId}", ts.sessionID, "{apiKeyId}", ts.apiKeyID, "{userId}", ts.user.ID.String(), "{seat}", "A-1-1", "{mailId}", ts.deadMail(), "{name}", "FLOOR").Replace(o.path)
}

// tokenFor returns the token of an admin or, for what only an owner may do, of the user.
func (ts *testServer) tokenFor(o operation) string {
	if strings.HasPrefix(o.path, "/api/v1/bookings") && o.method != http.MethodPatch && !strings.HasSuffix(o.path, "/refund") && o.method+o.path != "POST/api/v1/bookings/{bookingId}/refunds" || strings.HasSuffix(o.path, "/{sessionId}") {
		return ts.userToken
	}
	return ts.adminToken
}

func TestInput_EveryRouteIsDocumented(t *testing.T) {
	ts := newTestServer(t)
	documented := map[string]bool{}
	for _, o := range documentedOperations(t) {
		documented[o.method+" "+o.path] = true
	}
	braces := strings.NewReplacer(":eventId", "{eventId}", ":bookingId", "{bookingId}", ":sessionId", "{sessionId}", ":apiKeyId", "{apiKeyId}", ":userId", "{userId}", ":seat", "{seat}", ":mailId", "{mailId}", ":name", "{name}")
	for _, route := range ts.server.app.GetRoutes(true) {
		if strings.HasPrefix(route.Path, "/api/v1/") && route.Method != http.MethodHead {
			require.True(t, documented[route.Method+" "+braces.Replace(route.Path)], "%s %s", route.Method, route.Path)
		}
	}
}

// A misspelt parameter would silently mean another request: ?Limit=5 all of the page,
// ?sinc=17 the whole map.
func TestInput_UnknownAndRepeatedParametersAreRefused(t *testing.T) {
	t.Parallel()
	for _, o := range documentedOperations(t) {
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			ts := newTestServer(t)
			refused := func(query, field, code string) {
				t.Helper()
				p := ts.problem(ts.send(o.method, ts.address(o)+"?"+query, ts.tokenFor(o), ""), 422, eventra.CodeValidationFailed)
				require.Equal(t, field, p.Errors[0].Field)
				require.Equal(t, code, p.Errors[0].Code)
			}
			refused("dryRun=true", "dryRun", "unknown_parameter")
			refused("dryRun", "dryRun", "unknown_parameter")
			refused("=1", "", "unknown_parameter")
			refused("%00%ff=1", "\x00\ufffd", "unknown_parameter")
			refused(strings.Repeat("x", 5000), strings.Repeat("x", queryNameMaxRunes), "unknown_parameter")
			require.Less(t, len(ts.send(o.method, ts.address(o)+"?"+strings.Repeat("a&b&", 3000), ts.tokenFor(o), "").body), 4000)
			for _, name := range o.parameters {
				refused(name+"=1&"+name+"=1", name, "repeated_parameter")
				refused(strings.ToUpper(name)+"=1", strings.ToUpper(name), "unknown_parameter")
				a := ts.send(o.method, ts.address(o)+"?"+name+"=x", ts.tokenFor(o), "") // no version: a stream would not end
				require.NotContains(t, a.body, "unknown_parameter", "the document has it")
			}
		})
	}
}

func TestInput_BodiesWhereNoneIsTakenAreRefused(t *testing.T) {
	t.Parallel()
	for _, o := range documentedOperations(t) {
		if o.takesBody {
			continue
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			ts := newTestServer(t)
			for _, body := range []string{`{"dryRun":true}`, `{"seats":["A-1-1"],"amount":1250}`, `[]`, `nul`, `0`, `""`, "\x00", "{}{}", "{", "a=b",
				`{"x":"` + strings.Repeat("x", bodySmallBytes) + `"}`} {
				for _, headers := range [][]string{nil, {"Content-Type: text/plain"}, {"Content-Type: "}, {headerIdempotencyKey + ": k"}} {
					ts.problem(ts.send(o.method, ts.address(o), ts.tokenFor(o), body, headers...), 400, eventra.CodeMalformedBody)
				}
				chunked := o.method + " " + ts.address(o) + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ts.tokenFor(o) +
					"\r\nTransfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(body)), 16) + "\r\n" + body + "\r\n0\r\n\r\n"
				ts.problem(ts.wire(chunked), 400, eventra.CodeMalformedBody)
			}
			if strings.HasSuffix(o.path, "/stream") {
				return // it has no end
			}
			for _, body := range []string{"", "{}", " { }\n", "null"} {
				ts.populate()
				if strings.HasSuffix(o.path, "/cancellation") {
					ts.ok(200, "POST", strings.TrimSuffix(ts.address(o), "lation"), ts.adminToken, "")
				}
				require.Less(t, ts.send(o.method, ts.address(o), ts.tokenFor(o), body).StatusCode, 300, "%q means nothing", body)
			}
		})
	}
}

func TestInput_AnEmptyObjectIsTheSameAsNoBody(t *testing.T) {
	ts := newTestServer(t)
	path, key := "/api/v1/events/"+ts.draft+"/publish", headerIdempotencyKey+": k"
	ts.ok(200, "POST", path, ts.adminToken, "", key)
	_, again := ts.ok(200, "POST", path, ts.adminToken, "{}", key)
	require.Equal(t, "true", again.Header.Get(headerIdempotencyReplayed))
}

func TestInput_ProbesMayHaveParameters(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/api-docs/index.html"} {
		require.Equal(t, 200, ts.send("GET", path+"?"+url.Values{"t": {"1", "2"}}.Encode(), "", "").StatusCode, path)
		ts.problem(ts.send("GET", path, "", "x"), 400, eventra.CodeMalformedBody)
	}
}

// A caller learns what a route takes only if it may call the route.
func TestInput_IsCheckedAfterTheCaller(t *testing.T) {
	t.Parallel()
	for _, o := range documentedOperations(t) {
		if slices.Contains([]string{"register", "login", "refresh", "verify", "forgot", "reset"}, o.path[strings.LastIndex(o.path, "/")+1:]) {
			continue
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			ts := newTestServer(t)
			ts.problem(ts.send(o.method, ts.address(o)+"?x=1", "nonsense", `{"x":1}`), 401, eventra.CodeUnauthenticated)
		})
	}
}
