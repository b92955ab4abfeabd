package balancer

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/http1"
)

// backend stands in for an instance.
type backend struct {
	*httptest.Server
	name     string
	ready    atomic.Bool
	requests atomic.Int64
	reset    atomic.Bool // resets the connection instead of responding
}

func newBackend(t *testing.T, name string) *backend {
	b := &backend{name: name}
	b.ready.Store(true)
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *backend) address() string { return strings.TrimPrefix(b.URL, "http://") }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" {
		if !b.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	}
	b.requests.Add(1)
	body, _ := io.ReadAll(r.Body)
	if b.reset.Load() {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
		return
	}
	w.Header().Set("X-Echo", r.Header.Get("Idempotency-Key"))
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, "%s %s %s", b.name, r.RequestURI, body)
}

func start(t *testing.T, backends ...*backend) (*Balancer, *http1.Pool) {
	var addresses []string
	for _, b := range backends {
		addresses = append(addresses, b.address())
	}
	b, err := Start(addresses...)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b, http1.NewPool(b.Address())
}

func send(t *testing.T, pool *http1.Pool) *http1.Response {
	response, err := pool.Do(&http1.Request{Method: "POST", Path: "/a?b=c", Header: []string{"Idempotency-Key: k"}, Body: []byte("body")}, 5*time.Second)
	require.NoError(t, err)
	return response
}

func TestBalancer_ForwardsRequestsAndResponsesWhole(t *testing.T) {
	one := newBackend(t, "one")
	_, pool := start(t, one)
	response := send(t, pool)
	require.Equal(t, 201, response.Status)
	require.Equal(t, "one /a?b=c body", string(response.Body))
	require.Equal(t, "k", response.Get("x-echo"))
	require.Equal(t, one.address(), response.Get(InstanceHeader))
}

func TestBalancer_TakesInstancesInTurn(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	_, pool := start(t, one, two)
	for range 10 {
		require.Equal(t, 201, send(t, pool).Status)
	}
	require.EqualValues(t, 5, one.requests.Load())
	require.EqualValues(t, 5, two.requests.Load())
}

func TestBalancer_UsesOnlyReadyInstances(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	b, pool := start(t, one, two)
	two.ready.Store(false)
	require.Eventually(t, func() bool { return b.Ready() == 1 }, 5*time.Second, 5*time.Millisecond)
	for range 5 {
		send(t, pool)
	}
	require.Zero(t, two.requests.Load())

	one.ready.Store(false)
	require.Eventually(t, func() bool { return b.Ready() == 0 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 503, send(t, pool).Status)

	two.ready.Store(true)
	require.Eventually(t, func() bool { return b.Ready() == 1 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 201, send(t, pool).Status)
}

func TestBalancer_TriesARequestOnce(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	_, pool := start(t, one, two)
	one.reset.Store(true)
	two.reset.Store(true)
	for n := range int64(6) {
		require.Equal(t, 502, send(t, pool).Status)
		require.Equal(t, n+1, one.requests.Load()+two.requests.Load())
	}
}
