package http

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMalformedFraming sends requests whose ends two servers could see in different places. The
// second request, which one of them would see, must not be answered: what is refused ends
// the connection (RFC 9112, 6.1 and 11.2).
func TestMalformedFraming(t *testing.T) {
	const (
		line     = "POST /api/v1/auth/login HTTP/1.1\r\n"
		host     = "Host: x\r\n"
		smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n"
	)
	length := "Content-Length: " + strconv.Itoa(len(smuggled)) + "\r\n"
	for name, request := range map[string]string{
		"length and chunks":              line + host + length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunks and length":              line + host + "Transfer-Encoding: chunked\r\n" + length + "\r\n0\r\n\r\n" + smuggled,
		"two lengths":                    line + host + "Content-Length: 0\r\n" + length + "\r\n" + smuggled,
		"two lengths in one line":        line + host + "Content-Length: 0, " + strconv.Itoa(len(smuggled)) + "\r\n\r\n" + smuggled,
		"negative length":                line + host + "Content-Length: -1\r\n\r\n" + smuggled,
		"length with a plus":             line + host + "Content-Length: +0\r\n\r\n" + smuggled,
		"hexadecimal length":             line + host + "Content-Length: 0x0\r\n\r\n" + smuggled,
		"length with a space":            line + host + "Content-Length: 0 0\r\n\r\n" + smuggled,
		"empty length":                   line + host + "Content-Length:\r\n\r\n" + smuggled,
		"length beyond 64 bits":          line + host + "Content-Length: 18446744073709551616\r\n\r\n" + smuggled,
		"length beyond 63 bits":          line + host + "Content-Length: 9223372036854775808\r\n\r\n" + smuggled,
		"space before the colon":         line + host + "Content-Length : 0\r\n\r\n" + smuggled,
		"folded line":                    line + host + "X: a\r\n Content-Length: 0\r\n" + length + "Transfer-Encoding:\r\n chunked\r\n\r\n" + smuggled,
		"unknown coding":                 line + host + "Transfer-Encoding: gzip\r\n\r\n" + smuggled,
		"chunked twice":                  line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunked, then another coding":   line + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + smuggled,
		"coding that looks like chunked": line + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
		"coding after a vertical tab":    line + host + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunks in HTTP/1.0":             "POST /api/v1/auth/login HTTP/1.0\r\n" + host + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"two hosts":                      line + host + "Host: y\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"no host":                        line + "Content-Length: 0\r\n\r\n" + smuggled,
		"host with a path":               line + "Host: x/y\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"NUL in a header":                line + host + "X: a\x00b\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"NUL in a header's name":         line + host + "X\x00: a\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"CR in a header":                 line + host + "X: a\rContent-Length: 0\r\n\r\n" + smuggled,
		"space in a header's name":       line + host + "X Y: a\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"header without a name":          line + host + ": a\r\nContent-Length: 0\r\n\r\n" + smuggled,
		"header without a colon":         line + host + "Content-Length\r\n\r\n" + smuggled,
		"space before the first header":  line + " X: y\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"LF in a chunk's extension":      line + host + "Transfer-Encoding: chunked\r\n\r\n1;\n5\r\nx\r\n0\r\n\r\n" + smuggled,
		"LF after a chunk's length":      line + host + "Transfer-Encoding: chunked\r\n\r\n0\n\n" + smuggled,
		"LF after a chunk":               line + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n" + smuggled,
		"chunk with a sign":              line + host + "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n" + smuggled,
		"chunk with a prefix":            line + host + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + smuggled,
		"chunk without a length":         line + host + "Transfer-Encoding: chunked\r\n\r\n\r\n" + smuggled,
		"chunk beyond 64 bits":           line + host + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + smuggled,
		"chunk longer than it says":      line + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n" + smuggled,
		"length in a trailer":            line + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + length + "\r\n" + smuggled,
		"version 0.9":                    "GET /api/v1/events\r\n" + smuggled,
		"version 2.0":                    "POST /api/v1/auth/login HTTP/2.0\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"version 1.10":                   "POST /api/v1/auth/login HTTP/1.10\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"two spaces in the request line": "POST  /api/v1/auth/login HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"space in the address":           "POST /api/v1/auth/login x HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"tab in the request line":        "POST\t/api/v1/auth/login\tHTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"CR in the address":              "POST /api/v1/auth/login\rX HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n" + smuggled,
		"bare LF after a header":         line + "Host: x\n" + "Content-Length: 0\r\n\r\n" + smuggled,
		"bare LF that ends the headers":  line + host + "Content-Length: 0\r\n\n" + smuggled,
		"bare LF everywhere":             "POST /api/v1/auth/login HTTP/1.1\nHost: x\nContent-Length: 0\n\n" + smuggled,
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			conn := ts.dial()
			require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
			_, err := io.WriteString(conn, request)
			require.NoError(t, err)
			answers := bufio.NewReader(conn)
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Contains(t, []int{400, 413}, resp.StatusCode, "%s", body)
			require.Equal(t, mimeProblem, resp.Header.Get("Content-Type"))
			rest, err := io.ReadAll(answers)
			if err != nil {
				require.Contains(t, err.Error(), "reset by peer") // closed, with input unread
			}
			require.Empty(t, strings.TrimSpace(string(rest)), "one request became two")
		})
	}
}

// TestPipelinedRequests are as many as they seem, in their order.
func TestPipelinedRequests(t *testing.T) {
	ts := newTestServer(t)
	conn := ts.dial()
	login := `{"email":"user@example.com","password":"wrong"}`
	_, err := io.WriteString(conn,
		"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(login))+"\r\n\r\n"+login+
			"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"+
			strconv.FormatInt(int64(len(login)), 16)+";a=b\r\n"+login+"\r\n0\r\n\r\n"+
			"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"+
			"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	for _, status := range []int{401, 401, 200, 404} {
		resp, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, status, resp.StatusCode)
	}
	_, err = answers.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}
