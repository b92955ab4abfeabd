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

	"github.com/eventra/eventra/test/wire"
)

// backend is an instance as far as a balancer knows.
type backend struct {
	*httptest.Server
	name  string
	ready atomic.Bool
	asked atomic.Int64
	reset atomic.Bool // cuts the connection instead of answering
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
	b.asked.Add(1)
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

func start(t *testing.T, backends ...*backend) (*Balancer, *wire.Pool) {
	var addresses []string
	for _, b := range backends {
		addresses = append(addresses, b.address())
	}
	b, err := Start(addresses...)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b, wire.NewPool(b.Address())
}

func ask(t *testing.T, pool *wire.Pool) *wire.Response {
	answer, err := pool.Do(&wire.Request{Method: "POST", Path: "/a?b=c", Header: []string{"Idempotency-Key: k"}, Body: []byte("body")}, 5*time.Second)
	require.NoError(t, err)
	return answer
}

func TestRequestsAndAnswersPassWhole(t *testing.T) {
	one := newBackend(t, "one")
	_, pool := start(t, one)
	answer := ask(t, pool)
	require.Equal(t, 201, answer.Status)
	require.Equal(t, "one /a?b=c body", string(answer.Body))
	require.Equal(t, "k", answer.Get("x-echo"))
	require.Equal(t, one.address(), answer.Get(InstanceHeader))
}

func TestAllReadyInstancesTakeTurns(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	_, pool := start(t, one, two)
	for range 10 {
		require.Equal(t, 201, ask(t, pool).Status)
	}
	require.EqualValues(t, 5, one.asked.Load())
	require.EqualValues(t, 5, two.asked.Load())
}

func TestOnlyReadyInstancesAreAsked(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	b, pool := start(t, one, two)
	two.ready.Store(false)
	require.Eventually(t, func() bool { return b.Ready() == 1 }, 5*time.Second, 5*time.Millisecond)
	for range 5 {
		ask(t, pool)
	}
	require.Zero(t, two.asked.Load())

	one.ready.Store(false)
	require.Eventually(t, func() bool { return b.Ready() == 0 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 503, ask(t, pool).Status)

	two.ready.Store(true)
	require.Eventually(t, func() bool { return b.Ready() == 1 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 201, ask(t, pool).Status)
}

func TestARequestIsTriedOnce(t *testing.T) {
	one, two := newBackend(t, "one"), newBackend(t, "two")
	_, pool := start(t, one, two)
	one.reset.Store(true)
	two.reset.Store(true)
	for n := range int64(6) {
		require.Equal(t, 502, ask(t, pool).Status)
		require.Equal(t, n+1, one.asked.Load()+two.asked.Load())
	}
}
