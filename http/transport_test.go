package http

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// raw sends a GET with exactly these headers. No coding is added or decoded.
func (ts *testServer) raw(path, accept string, headers ...string) (*http.Response, string) {
	ts.t.Helper()
	text := "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: " + accept + "\r\n"
	for _, h := range headers {
		text += h + "\r\n"
	}
	a := ts.wire(text + "\r\n")
	return a.Response, a.body
}

// wire writes bytes to the server and reads one response.
func (ts *testServer) wire(request string) answer {
	ts.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
	require.NoError(ts.t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(ts.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	go func() { _, _ = io.WriteString(conn, request) }()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(ts.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(ts.t, err)
	return answer{resp, string(body)}
}

func TestServer_RefusesInvalidHTTP(t *testing.T) {
	const hold = "/api/v1/bookings"
	long := strings.Repeat("x", 20<<10)
	for name, c := range map[string]struct {
		request  string
		status   int
		code     eventra.Code
		instance string
	}{
		"garbage":                {"\x16\x03\x01garbage\r\n\r\n", 400, codeMalformedRequest, "/"},
		"no address":             {"GET\r\n\r\n", 400, codeMalformedRequest, "/"},
		"no method":              {" /x HTTP/1.1\r\n\r\n", 400, codeMalformedRequest, "/"},
		"bad version":            {"GET /healthz HTTP/1.x\r\nHost: x\r\n\r\n", 400, codeMalformedRequest, "/healthz"},
		"bad length":             {"POST " + hold + "?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400, codeMalformedRequest, hold},
		"bad address":            {"POST " + hold + "\x00x HTTP/1.1\r\nHost: x\r\n\r\n", 400, codeMalformedRequest, hold + "\x00x"},
		"bad header":             {"POST " + hold + " HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400, codeMalformedRequest, hold},
		"headers too big":        {"GET " + hold + " HTTP/1.1\r\nHost: x\r\nX: " + long + "\r\n\r\n", 431, codeHeadersTooLarge, hold},
		"address too big":        {"GET /" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", 431, codeHeadersTooLarge, "/" + long[:251]},
		"body announced too big": {"POST " + hold + " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413, eventra.CodeBodyTooLarge, hold},
		"chunks too big":         {"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("4000\r\n"+strings.Repeat("x", 0x4000)+"\r\n", 9), 413, eventra.CodeBodyTooLarge, "/api/v1/auth/login"},
		"body sent in full":      {"POST " + hold + " HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n" + strings.Repeat("x", 8_000_000), 413, eventra.CodeBodyTooLarge, hold},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			a := ts.wire(c.request)
			require.Equal(t, c.instance, ts.problem(a, c.status, c.code).Instance)
			require.NotContains(t, a.body, "fasthttp")
		})
	}
}

// A request that stops in its middle is told which one it was.
func TestServer_SaysWhichRequestDidNotArrive(t *testing.T) {
	ts := newTestServer(t)
	s, err := NewServer(ts.config())
	require.NoError(t, err)
	s.app.Server().ReadTimeout, s.app.Server().IdleTimeout = 300*time.Millisecond, time.Minute
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	ts.url = "http://" + ln.Addr().String()
	const whole = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
	for request, instance := range map[string]string{
		"GET /api/v1/eve":                            "/api/v1/eve",
		"GET /api/v1/events?q=":                      "/api/v1/events",
		"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n": "/api/v1/events",
		"GET": "/",
	} {
		require.Equal(t, instance, ts.problem(ts.wire(request), 408, codeRequestTimeout).Instance)
		conn := ts.dial()
		answers := bufio.NewReader(conn)
		for _, part := range []string{whole, request} { // the second on a connection that was used
			_, err := io.WriteString(conn, part)
			require.NoError(t, err)
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			if part == request {
				require.Equal(t, instance, ts.problem(answer{resp, string(body)}, 408, codeRequestTimeout).Instance)
			}
		}
	}
	require.NoError(t, s.Shutdown(t.Context()))
	require.NoError(t, <-served)
}

func TestServer_UnknownAddressesAndMethods(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"//", "/nope", "/api/v1/events/", "/API/v1/events", "/api/v1/bookings/" + ts.bookingID + "/", "/api/v1//events", "/%2e%2e/etc/passwd", "/\xff", "/api-docs/nope"} {
		a := ts.wire("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		p := ts.problem(a, 404, eventra.CodeNotFound)
		require.Equal(t, strings.ToValidUTF8(path, "\ufffd"), p.Instance)
	}
	for request, allow := range map[string]string{
		"PUT /api/v1/events":                  "GET, HEAD, POST",
		"BREW /api/v1/events":                 "GET, HEAD, POST",
		"OPTIONS /api/v1/events":              "GET, HEAD, POST",
		"get /api/v1/events":                  "GET, HEAD, POST",
		"TRACE /healthz":                      "GET, HEAD",
		"POST /api/v1/events/" + ts.published: "GET, HEAD, DELETE, PATCH",
		"GET /api/v1/auth/login":              "POST",
		"CONNECT /api/v1/auth/login":          "POST",
		"DELETE /api/v1/bookings/x/refund":    "POST",
	} {
		a := ts.wire(request + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		ts.problem(a, 405, eventra.CodeMethodNotAllowed)
		require.Equal(t, allow, a.Header.Get("Allow"), request)
	}
	require.NotContains(t, ts.logged(), "/nope", "raw paths are not labels")
}

func TestServer_RequestIDs(t *testing.T) {
	ts := newTestServer(t)
	for id, kept := range map[string]bool{"abc-123": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "a b": false, "ä": false, "": false} {
		_, a := ts.ok(200, "GET", "/healthz", "", "", "X-Request-Id: "+id)
		if got := a.Header.Get("X-Request-Id"); kept {
			require.Equal(t, id, got)
		} else {
			require.Regexp(t, `^[0-9a-f-]{36}$`, got)
		}
	}
}

func TestServer_EndsWorkAtItsDeadline(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.RequestTimeout = 50 * time.Millisecond })
	ts.fakes.hold = func(ctx context.Context, _ *eventra.HoldSeats) (*eventra.Booking, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	a := ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	ts.problem(a, 503, eventra.CodeUnavailable)
}

func TestServer_AnswersAPanic(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) { panic("secret state") }
	a := ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	ts.problem(a, 500, eventra.CodeInternal)
	require.NotContains(t, a.body, "secret state")
	require.Contains(t, ts.logged(), "secret state")
}

func TestServer_ShutdownFinishesRequests(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.DrainDelay = 50 * time.Millisecond })
	entered, goOn := make(chan struct{}), make(chan struct{})
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		close(entered)
		<-goOn
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	answered := make(chan answer, 1)
	go func() {
		answered <- ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	}()
	<-entered
	down := make(chan error, 1)
	go func() { down <- ts.server.Shutdown(t.Context()) }()
	require.Eventually(t, func() bool { return ts.server.draining.Load() }, time.Second, time.Millisecond)
	a := ts.wire("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
	require.Equal(t, "draining", ts.problem(a, 503, eventra.CodeUnavailable).Detail)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 2*time.Second, 10*time.Millisecond, "the listener closes")
	close(goOn)
	b := <-answered
	ts.problem(b, 409, eventra.CodeNotEnoughSeats)
	require.True(t, b.Close, "the client is told to go elsewhere")
	require.NoError(t, <-down)
}

// A client may open a connection in advance and never use it.
func TestServer_ShutdownEndsIdleConnections(t *testing.T) {
	ts := newTestServer(t)
	s, err := NewServer(ts.config())
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepting := &acceptObserver{Listener: ln, accepted: make(chan struct{}, 1)}
	served := make(chan error, 1)
	go func() { served <- s.Serve(accepting) }()
	idle, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer idle.Close()
	<-accepting.accepted
	ctx, cancel := context.WithTimeout(t.Context(), readTimeout/2)
	defer cancel()
	require.NoError(t, s.Shutdown(ctx))
	require.NoError(t, <-served)
}

// acceptObserver reports each connection that it has accepted.
type acceptObserver struct {
	net.Listener
	accepted chan struct{}
}

func (l *acceptObserver) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.accepted <- struct{}{}
	}
	return conn, err
}

func TestServer_ShutdownBeforeServe(t *testing.T) {
	ts := newTestServer(t)
	s, err := NewServer(ts.config())
	require.NoError(t, err)
	require.NoError(t, s.Shutdown(t.Context()))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, s.Serve(ln))
}
