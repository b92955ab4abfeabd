package http

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// dial opens a connection to the server.
func (ts *testServer) dial() net.Conn {
	ts.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
	require.NoError(ts.t, err)
	ts.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(ts.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn
}

// heap returns the bytes that are in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func TestBodiesOfEveryRouteAreBounded(t *testing.T) {
	ts := newTestServer(t)
	for _, route := range ts.server.app.GetRoutes(true) {
		if route.Method == http.MethodGet || route.Method == http.MethodHead {
			continue
		}
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			path := strings.NewReplacer(":eventId", ts.draft, ":bookingId", ts.bookingID).Replace(route.Path)
			tooLong := strings.Repeat(" ", bodyMaxBytes+1)
			if strings.Contains(path, "/seats") || strings.HasSuffix(path, "/pricing") {
				tooLong = strings.Repeat(" ", seatsBodyMaxBytes+1)
			}
			head := route.Method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + ts.adminToken + "\r\n"
			for name, request := range map[string]string{
				"announced": fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, len(tooLong)),
				"sent":      fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(tooLong), tooLong),
				"chunked":   fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(tooLong), tooLong),
			} {
				p := ts.problem(ts.wire(request), 413, eventra.CodeBodyTooLarge)
				require.Equal(t, path, p.Instance, name)
			}
		})
	}
}

func TestBodiesOfStrangersTakeNoMemory(t *testing.T) {
	ts := newTestServerAlone(t)
	const connections, each = 64, 1 << 20
	path := "/api/v1/events/" + ts.draft + "/seats"
	before := heap()
	var all sync.WaitGroup
	for _, token := range []string{"", "nonsense", ts.userToken} {
		for range connections {
			conn := ts.dial()
			all.Go(func() {
				_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", path, token, seatsBodyMaxBytes)
				_, _ = io.WriteString(conn, strings.Repeat("[", each)) // the server may have closed
				var status int
				_, err := fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
				if want := map[bool]int{true: 403, false: 401}[token == ts.userToken]; err != nil || status != want {
					t.Errorf("%d instead of %d: %v", status, want, err)
				}
			})
		}
	}
	all.Wait()
	require.Less(t, heap()-before, int64(8<<20))
}

// A body of up to 64 KiB is read before its sender is known only at the log-in and the like.
func TestLongBodiesOfStrangersAreFew(t *testing.T) {
	ts := newTestServer(t)
	half := fmt.Sprintf("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", bodyMaxBytes, strings.Repeat(" ", bodyMaxBytes/2))
	for range bodiesPerAddressMax {
		_, err := io.WriteString(ts.dial(), half)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		return !ts.server.bodies.anonymous.Take("127.0.0.1") || func() bool { ts.server.bodies.anonymous.Give("127.0.0.1"); return false }()
	}, 5*time.Second, time.Millisecond)
	ts.problem(ts.wire(half+strings.Repeat(" ", bodyMaxBytes/2)), 503, eventra.CodeOverloaded)
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"`+testPassword+`"}`)
	ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, strings.Repeat(" ", bodyMaxBytes/2)+`{}`), 422, eventra.CodeValidationFailed)
}

func TestHousesAreReceivedFewAtATime(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/events/" + ts.draft + "/seats"
	plan := strings.Repeat(" ", 2*bodyMaxBytes) + `{"sections":[{"name":"N","rowCount":1,"seatsPerRow":1,"price":{"amount":1,"currency":"EUR"}}]}`
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", path, ts.adminToken, len(plan))
	var slow net.Conn
	for range seatsBodiesMax {
		slow = ts.dial()
		_, err := io.WriteString(slow, head+plan[:len(plan)-1])
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return len(ts.server.bodies.seats) == seatsBodiesMax }, 5*time.Second, time.Millisecond)
	third := make(chan answer, 1)
	go func() { third <- ts.wire(head + plan) }()
	ts.ok(201, "POST", path, ts.adminToken, strings.TrimSpace(plan)) // a short one needs no place
	_, err := io.WriteString(slow, plan[len(plan)-1:])
	require.NoError(t, err)
	require.Equal(t, 201, (<-third).StatusCode, "it waited for a place")
	require.Len(t, ts.server.bodies.seats, seatsBodiesMax-1)
}

// The time for a request's work begins when its body has arrived.
func TestSlowBodiesAreReceived(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.RequestTimeout = 50 * time.Millisecond })
	conn := ts.dial()
	body := strings.Repeat(" ", bodySmallBytes) + `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	_, err := fmt.Fprintf(conn, "POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", ts.userToken, len(body), body[:100])
	require.NoError(t, err)
	pause := time.NewTimer(100 * time.Millisecond)
	<-pause.C
	_, err = io.WriteString(conn, body[100:])
	require.NoError(t, err)
	var status int
	_, err = fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
	require.NoError(t, err)
	require.Equal(t, 201, status)
}

// Clients that never read what they are sent hold nothing that others wait for.
func TestClientsThatDoNotReadHoldNoSlot(t *testing.T) {
	ts := newTestServer(t)
	early := strings.Repeat("POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 1000)
	for range 4 * runtime.GOMAXPROCS(0) {
		conn := ts.dial()
		go func() {
			for {
				if _, err := io.WriteString(conn, early); err != nil {
					return // the test is over
				}
			}
		}()
	}
	body := `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body) // the first answer that is compared with the document takes long
	deadline := time.Now().Add(2 * time.Second)                // far longer than it takes to fill all buffers
	for time.Now().Before(deadline) {
		start := time.Now()
		ts.ok(200, "GET", "/healthz", "", "")
		ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body)
		require.Less(t, time.Since(start), writeTimeout/3)
	}
}
