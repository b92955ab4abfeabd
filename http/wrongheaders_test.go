package http

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oddHeaderValues are what a client may put into a header. Control characters are no HTTP.
var oddHeaderValues = []string{"", "\x01", "\x1b[31m", "a\x7fb", "\x80\xff", "é", "\xed\xa0\x80", "a\tb", `"`, `""`, "*", ",,,", `"v1", "v2"`,
	`W/"v1"`, `"v99999999999999999999"`, "-1", "18446744073709551616", "99999999999999999999", "%00", "null", "a b", ";;;", "q=x;q=2", strings.Repeat("x", 4000)}

// A header is taken, refused or ignored. None breaks a request.
func TestWrongInput_Headers(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.any, func(t *testing.T, ts *testServer, e endpoint) {
		for _, name := range []string{headerIdempotencyKey, "If-Match", "If-None-Match", "X-Request-Id", headerLastEventID, "Authorization",
			"Content-Type", "Content-Encoding", "Accept", "Accept-Encoding", "X-Forwarded-For", "X-Forwarded-Prefix", "Range", "Cookie", "Origin"} {
			for _, value := range oddHeaderValues {
				head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: %d\r\n", e.method, e.path, name, value, len(e.body))
				if token := ts.token(e.who); token != "" && name != "Authorization" {
					head += "Authorization: Bearer " + token + "\r\n"
				}
				if name != "Content-Type" {
					head += "Content-Type: application/json\r\n"
				}
				a := ts.wire(head + "\r\n" + e.body)
				require.Less(t, a.StatusCode, 500, "%s: %q: %s", name, value, a.body)
				if a.StatusCode >= 400 {
					require.Equal(t, mimeProblem, a.Header.Get("Content-Type"), "%s: %q", name, value)
				}
				require.Regexp(t, `^[!-~]{1,128}$`, a.Header.Get("X-Request-Id"), "%s: %q", name, value)
			}
		}
	})
}

func TestWrongInput_LastEventIDs(t *testing.T) {
	ts := newTestServer(t)
	for _, value := range oddHeaderValues {
		conn := ts.dial()
		_, err := fmt.Fprintf(conn, "GET /api/v1/events/%s/seats/stream HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n", ts.published, headerLastEventID, value)
		require.NoError(t, err)
		var status int
		_, err = fmt.Fscanf(conn, "HTTP/1.1 %d", &status)
		require.NoError(t, err)
		require.Contains(t, []int{200, 400, 422}, status, "%q", value)
		_, err = io.ReadFull(conn, make([]byte, 1))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
}

func TestWrongInput_PagesOfTheDocument(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"doc.json", "swagger.json", "%00", "%ff", "a%00b", "%ed%a0%80", "..", "../doc.json", "..%2f..%2fetc%2fpasswd", "%2e%2e/",
		"index.html/", "index.html%00", "swagger-ui.css/x", ".", "/", "//", "%", "%zz", "C:%5c", strings.Repeat("x", 4000)} {
		a := ts.wire("GET /api-docs/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		require.Less(t, a.StatusCode, 500, "%s: %s", path, a.body)
		require.Contains(t, []int{200, 302, 400, 404}, a.StatusCode, path)
	}
}
