package http

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestResponses_SayWhoMayKeepThem(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.HSTSMaxAge = time.Hour })
	event := "/api/v1/events/" + ts.published
	for _, c := range []struct{ method, path, token, body, cache string }{
		{"GET", "/healthz", "", "", ""},
		{"GET", "/metrics", "", "", "no-store"},
		{"GET", "/readyz", "", "", "no-store"},
		{"GET", "/api/v1/events", "", "", "no-cache"},
		{"GET", event, "", "", "no-cache"},
		{"GET", event + "/seats", "", "", "no-cache"},
		{"GET", event + "/availability", "", "", "no-cache"},
		{"GET", "/api/v1/events/" + ts.draft, "", "", "no-store"},
		{"GET", "/api/v1/events", ts.userToken, "", cachePrivate},
		{"GET", event, ts.adminToken, "", cachePrivate},
		{"GET", event + "/seats", ts.userToken, "", cachePrivate},
		{"GET", event + "/availability", "nonsense", "", cachePrivate},
		{"GET", "/api/v1/auth/me", ts.userToken, "", cachePrivate},
		{"GET", "/api/v1/auth/me", "", "", "no-store"},
		{"GET", "/api/v1/bookings", ts.userToken, "", cachePrivate},
		{"GET", "/api/v1/bookings/" + ts.bookingID, ts.userToken, "", cachePrivate},
		{"GET", "/api/v1/bookings/" + ts.otherBooks, ts.userToken, "", cachePrivate},
		{"GET", "/api/v1/admin/cluster", ts.adminToken, "", cachePrivate},
		{"POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"` + testPassword + `"}`, cachePrivate},
		{"POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"wrong"}`, cachePrivate},
		{"POST", "/api/v1/bookings", ts.userToken, `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`, cachePrivate},
		{"DELETE", "/api/v1/bookings/" + ts.bookingID, ts.userToken, "", cachePrivate},
	} {
		a := ts.send(c.method, c.path, c.token, c.body)
		require.Equal(t, c.cache, a.Header.Get("Cache-Control"), "%s %s", c.method, c.path)
		require.Equal(t, "max-age=3600; includeSubDomains", a.Header.Get("Strict-Transport-Security"))
		require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
		if c.method == "GET" && strings.HasPrefix(c.path, "/api/v1/events") && a.StatusCode == 200 {
			require.Contains(t, a.Header.Get("Vary"), "Authorization", c.path)
		}
	}
}

func TestServeOperations(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.OwnOperations = true })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- ts.server.ServeOperations(ln) }()
	t.Cleanup(func() {
		_ = ts.server.operationsListener.Close()
		require.NoError(t, <-served)
	})
	get := func(path string) int {
		resp, err := http.Get("http://" + ln.Addr().String() + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		return resp.StatusCode
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		require.Equal(t, 200, get(path), path)
	}
	require.Equal(t, 404, get("/api/v1/events"))
	require.Equal(t, 404, ts.wire("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").StatusCode)
	require.Equal(t, 200, ts.wire("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").StatusCode)
}

func TestMetrics_AreForThisMachine(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	ts.problem(ts.send("GET", "/metrics", "", "", "X-Forwarded-For: 127.0.0.1, 192.0.2.7"), 403, eventra.CodeForbidden)
	require.Equal(t, 200, ts.send("GET", "/metrics", "", "").StatusCode)
}

func TestStreams_AreBoundedByAddressAndUser(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.StreamsPerAddress, c.StreamsPerUser = 3, 1 })
	open := func(token string) int {
		conn := ts.dial()
		_, err := fmt.Fprintf(conn, "GET /api/v1/events/%s/seats/stream HTTP/1.1\r\nHost: x\r\n%s\r\n", ts.published, token)
		require.NoError(t, err)
		var status int
		_, err = fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
		require.NoError(t, err)
		return status
	}
	user := "Authorization: Bearer " + ts.userToken + "\r\n"
	require.Equal(t, 200, open(user))
	require.Equal(t, 429, open(user))
	require.Equal(t, 200, open(""))
	require.Equal(t, 200, open(""))
	require.Equal(t, 429, open(""))
	ts.server.streams.close() // which gives all places back
	require.Eventually(t, func() bool {
		if !ts.server.streamsOfUsers.Take(ts.user.ID.String()) {
			return false
		}
		ts.server.streamsOfUsers.Give(ts.user.ID.String())
		return true
	}, 5*time.Second, time.Millisecond)
}

func TestBadTokens_Count(t *testing.T) {
	ts := newTestServer(t, limits(rateUnauthenticated, 3))
	for _, token := range []string{"nonsense", "", ts.userToken + "x"} {
		ts.problem(ts.send("GET", "/api/v1/auth/me", token, ""), 401, eventra.CodeUnauthenticated)
	}
	for _, token := range []string{"nonsense", "", "other nonsense"} {
		ts.problem(ts.send("GET", "/api/v1/auth/me", token, ""), 429, eventra.CodeRateLimited)
	}
	ts.ok(200, "GET", "/api/v1/auth/me", ts.userToken, "")
	ts.ok(200, "GET", "/api/v1/events", "", "")
}

func TestConnections_AreBounded(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"in all":      func(c *Config) { c.ConnectionsMax = 8 },
		"per address": func(c *Config) { c.ConnectionsPerAddress = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, change)
			for range 64 {
				_, err := io.WriteString(ts.dial(), "GET /healthz HTTP/1.1\r\nX: ") // and no more
				require.NoError(t, err)
			}
			require.Eventually(t, func() bool {
				conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
				if err != nil {
					return false
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(time.Second))
				_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
				var status int
				_, err = fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
				return err == nil && status == 200
			}, 5*time.Second, 10*time.Millisecond, "connections that nobody uses make room")
		})
	}
}

// shortOfDescriptors is a listener whose first connections find no descriptor.
type shortOfDescriptors struct {
	net.Listener
	times int
}

func (l *shortOfDescriptors) Accept() (net.Conn, error) {
	if l.times--; l.times >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestServe_WaitsWhileThereAreNoDescriptors(t *testing.T) {
	ts := newTestServer(t)
	s, err := NewServer(ts.config())
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(&shortOfDescriptors{Listener: ln, times: 3}) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	var status int
	_, err = fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	require.NoError(t, s.Shutdown(t.Context()))
	require.NoError(t, <-served)
}
