package http1

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func serve(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *Pool) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server, NewPool(strings.TrimPrefix(server.URL, "http://"))
}

const timeout = 5 * time.Second

func TestPool_Do_ReadsEveryFraming(t *testing.T) {
	long := strings.Repeat("0123456789", 10_000)
	_, pool := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Body", string(body))
		switch r.URL.Path {
		case "/short":
			fmt.Fprint(w, "short")
		case "/chunked":
			fmt.Fprint(w, long)
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "end")
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for path, want := range map[string]string{"/short": "short", "/chunked": long + "end", "/none": "", "/else": ""} {
		response, err := pool.Do(&Request{Method: "POST", Path: path, Body: []byte("sent")}, timeout)
		require.NoError(t, err)
		require.Equal(t, want, string(response.Body), path)
		require.Equal(t, "sent", response.Get("x-body"))
	}
	require.Len(t, pool.idle, 1, "one connection served them all")
}

func TestPool_Do_ReplacesAConnectionTheServerClosed(t *testing.T) {
	server, pool := serve(t, func(http.ResponseWriter, *http.Request) {})
	for range 3 {
		_, err := pool.Do(&Request{Method: "GET", Path: "/"}, timeout)
		require.NoError(t, err)
		server.CloseClientConnections()
		require.Eventually(t, func() bool { return !pool.idle[0].Usable() }, timeout, time.Millisecond, "the end of file arrives")
	}
}

func TestConn_Usable_IgnoresAPastDeadline(t *testing.T) {
	_, pool := serve(t, func(http.ResponseWriter, *http.Request) {})
	for range 2 {
		_, err := pool.Do(&Request{Method: "GET", Path: "/"}, timeout)
		require.NoError(t, err)
		kept := pool.idle[0]
		require.NoError(t, kept.net.SetDeadline(time.Now().Add(-time.Second)))
		require.Same(t, kept, pool.idle[0])
		require.True(t, kept.Usable())
	}
}

func TestError_SaysWhetherTheRequestMayHaveArrived(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	pool := NewPool(address)
	var failure *Error
	_, err = pool.Do(&Request{Method: "GET", Path: "/"}, timeout)
	require.True(t, errors.As(err, &failure) && failure.Sent, "%v", err)

	require.NoError(t, listener.Close())
	_, err = pool.Do(&Request{Method: "GET", Path: "/"}, timeout)
	require.True(t, errors.As(err, &failure) && !failure.Sent, "%v", err)
}

func TestConn_ReuseBody_SharesTheBuffer(t *testing.T) {
	_, pool := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })
	conn, err := Dial(pool.Address(), time.Now().Add(timeout))
	require.NoError(t, err)
	defer conn.Close()
	conn.ReuseBody()
	var bodies []string
	var first *byte
	for _, path := range []string{"/longest", "/short", "/other"} {
		response, err := conn.Do(&Request{Method: "GET", Path: path}, time.Now().Add(timeout))
		require.NoError(t, err)
		if first == nil {
			first = &response.Body[0]
		}
		require.Same(t, first, &response.Body[0])
		bodies = append(bodies, string(response.Body))
	}
	require.Equal(t, []string{"/longest", "/short", "/other"}, bodies)
}

func TestPool_Do_EndsAtTheTimeout(t *testing.T) {
	done := make(chan struct{})
	_, pool := serve(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	started := time.Now()
	_, err := pool.Do(&Request{Method: "GET", Path: "/"}, 50*time.Millisecond)
	require.Error(t, err)
	require.Less(t, time.Since(started), 2*time.Second)
	require.Empty(t, pool.idle)
}
