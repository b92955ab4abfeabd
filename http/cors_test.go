package http

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	shop     = "https://shop.example"
	stranger = "https://stranger.example"
)

// shared is a server that pages of the shop may use.
func shared(t *testing.T) *testServer {
	return newTestServer(t, func(c *Config) { c.CORSOrigins = []string{shop} })
}

// requireReadable checks that a browser shows an answer to a page of the origin.
func requireReadable(t *testing.T, header http.Header, origin string) {
	t.Helper()
	require.Equal(t, []string{origin}, header.Values("Access-Control-Allow-Origin"))
	require.Equal(t, "true", header.Get("Access-Control-Allow-Credentials"))
	require.Contains(t, strings.Join(header.Values("Vary"), ", "), "Origin")
	for _, name := range []string{"ETag", "Location", "Retry-After", "RateLimit-Remaining", "Idempotency-Replayed", "X-Request-Id", "Eventra-Stale"} {
		require.Contains(t, header.Get("Access-Control-Expose-Headers"), name)
	}
}

func requireHidden(t *testing.T, header http.Header) {
	t.Helper()
	for name := range header {
		require.False(t, strings.HasPrefix(name, "Access-Control-"), name)
	}
}

func TestCORS_EachAnswerIsReadable(t *testing.T) {
	ts := shared(t)
	event := "/api/v1/events/" + ts.published
	for _, c := range []struct {
		method, path, token, body string
		status                    int
	}{
		{"GET", "/openapi.json", "", "", 200},
		{"GET", "/api/v1/events", "", "", 200},
		{"GET", event + "/seats", "", "", 200},
		{"GET", "/api/v1/nothing", "", "", 404},
		{"PUT", "/api/v1/events", "", "", 405},
		{"GET", "/api/v1/bookings", "", "", 401},
		{"POST", "/api/v1/bookings", ts.userToken, "{", 400},
		{"POST", "/api/v1/bookings", ts.userToken, `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`, 201},
		{"POST", "/api/v1/bookings", ts.userToken, strings.Repeat("x", bodyMaxBytes+1), 413},
	} {
		a := ts.send(c.method, c.path, c.token, c.body, "Origin: "+shop)
		require.Equal(t, c.status, a.StatusCode, "%s %s: %s", c.method, c.path, a.body)
		requireReadable(t, a.Header, shop)
		a = ts.send(c.method, c.path, c.token, c.body, "Origin: "+stranger)
		requireHidden(t, a.Header)
		require.Contains(t, strings.Join(a.Header.Values("Vary"), ", "), "Origin", "a cache keeps the answers apart")
	}
}

func TestCORS_RefusalsUnderLoadAreReadable(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.CORSOrigins, c.HoldsMax = []string{shop}, 1 })
	ts.server.holding.Add(1)
	a := ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`, "Origin: "+shop)
	require.Equal(t, 503, a.StatusCode)
	requireReadable(t, a.Header, shop)
}

func TestCORS_StreamsAreReadable(t *testing.T) {
	ts := shared(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ts.url+"/api/v1/events/"+ts.published+"/seats/stream", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Origin", shop)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	requireReadable(t, response.Header, shop)
}

func TestCORS_Preflight(t *testing.T) {
	ts := shared(t)
	ask := func(path, origin string, more ...string) answer {
		return ts.send("OPTIONS", path, "", "", append(more, "Origin: "+origin)...)
	}
	method, headers := "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization, idempotency-key"

	a := ask("/api/v1/bookings", shop, method, headers)
	require.Equal(t, 204, a.StatusCode)
	require.Empty(t, a.body)
	requireReadable(t, a.Header, shop)
	for _, allowed := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		require.Contains(t, a.Header.Get("Access-Control-Allow-Methods"), allowed)
	}
	for _, allowed := range []string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"} {
		require.Contains(t, a.Header.Get("Access-Control-Allow-Headers"), allowed)
	}
	require.Equal(t, "7200", a.Header.Get("Access-Control-Max-Age"))

	a = ask("/api/v1/bookings", stranger, method, headers)
	require.Equal(t, 405, a.StatusCode)
	requireHidden(t, a.Header)
	require.Equal(t, 405, ask("/api/v1/bookings", shop).StatusCode, "not a preflight")
	require.Equal(t, 405, ask("/healthz", shop, method).StatusCode)
	requireHidden(t, ask("/healthz", shop, method).Header)
}

func TestCORS_IsOffByDefault(t *testing.T) {
	ts := newTestServer(t)
	a := ts.send("GET", "/api/v1/events", "", "", "Origin: "+shop)
	requireHidden(t, a.Header)
	require.NotContains(t, strings.Join(a.Header.Values("Vary"), ", "), "Origin")
	a = ts.send("OPTIONS", "/api/v1/bookings", "", "", "Origin: "+shop, "Access-Control-Request-Method: POST")
	require.Equal(t, 405, a.StatusCode)
	requireHidden(t, a.Header)
}

func TestCORS_AnyOriginGetsNoCredentials(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.CORSOrigins = []string{AnyOrigin} })
	a := ts.send("GET", "/api/v1/events", "", "", "Origin: "+stranger)
	require.Equal(t, "*", a.Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, a.Header.Get("Access-Control-Allow-Credentials"))
	a = ts.send("OPTIONS", "/api/v1/bookings", "", "", "Origin: "+stranger, "Access-Control-Request-Method: POST")
	require.Equal(t, 204, a.StatusCode)
}

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"https://shop.example": shop, "HTTPS://Shop.Example": shop, "https://shop.example:443": shop, "http://shop.example:80": "http://shop.example",
		"http://localhost:3000": "http://localhost:3000", "https://[::1]:8443": "https://[::1]:8443", "*": "*",
		"": "", "shop.example": "", "https://": "", "https://shop.example/": "", "https://shop.example/path": "", "ftp://shop.example": "",
		"https://*.shop.example": "", "https://a@shop.example": "", "https://shop.example,": "", "null": "", "https://bücher.example": "",
	} {
		origin, ok := ParseOrigin(s)
		require.Equal(t, want, origin, s)
		require.Equal(t, want != "", ok, s)
	}
}
