package http

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// took returns how long a request took.
func took(request func()) time.Duration {
	start := time.Now()
	request()
	return time.Since(start)
}

func TestServer_SlowsDownClientsOverALimit(t *testing.T) {
	ts := newTestServer(t, limits(rateReads, 1))
	ts.ok(200, "GET", "/api/v1/events", "", "")
	require.GreaterOrEqual(t, took(func() {
		ts.problem(ts.send("GET", "/api/v1/events", "", ""), 429, eventra.CodeRateLimited)
	}), excessPause)
}

func TestServer_SlowsDownClientsThatNoLimitCounts(t *testing.T) {
	// In at most two seconds, some are too many; in more, they are slow.
	const requests = 2*anonymousPerSecond + 1
	for name, request := range map[string]string{
		"health":        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"document":      "HEAD /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
		"unknown":       "GET /nope HTTP/1.1\r\nHost: x\r\n\r\n",
		"wrong method":  "PUT /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"bad header":    "GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
		"not HTTP":      "garbage\r\n\r\n",
		"body too long": "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, limits(rateReads, 1))
			require.GreaterOrEqual(t, took(func() { ts.repeat(request, requests) }), excessPause)
		})
	}
}

// repeat sends a request so many times, on as few connections as the server lets it.
func (ts *testServer) repeat(request string, times int) {
	ts.t.Helper()
	method, _, _ := strings.Cut(request, " ")
	for answered := 0; answered < times; {
		conn, err := net.Dial("tcp", strings.TrimPrefix(ts.url, "http://"))
		require.NoError(ts.t, err)
		require.NoError(ts.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		replies := bufio.NewReader(conn)
		for ended := false; !ended && answered < times; answered++ {
			_, err = io.WriteString(conn, request)
			require.NoError(ts.t, err)
			reply, err := http.ReadResponse(replies, &http.Request{Method: method})
			require.NoError(ts.t, err)
			_, err = io.Copy(io.Discard, reply.Body)
			require.NoError(ts.t, err)
			ended = reply.Close
		}
		_ = conn.Close()
	}
}
