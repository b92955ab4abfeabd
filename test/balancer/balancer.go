// Package balancer is a small load balancer for tests. It believes /readyz,
// keeps connections alive, and tries each request once: what an instance makes
// of a request, the client sees.
package balancer

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/wire"
)

// Balancer spreads requests over the instances that are ready, in turn.
type Balancer struct {
	upstreams []*upstream
	turn      atomic.Uint64
	listener  net.Listener
	server    *http.Server
	stop      context.CancelFunc
}

// Start listens on a free port of the loopback interface.
func Start(addresses ...string) (*Balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &Balancer{listener: listener, stop: stop}
	for _, address := range addresses {
		u := &upstream{pool: wire.NewPool(address)}
		u.probe()
		b.upstreams = append(b.upstreams, u)
		go u.watch(ctx)
	}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = b.server.Serve(listener) }() // ends when the server is closed
	return b, nil
}

// Address is where clients connect.
func (b *Balancer) Address() string { return b.listener.Addr().String() }

// Ready counts the instances that requests are sent to.
func (b *Balancer) Ready() (n int) {
	for _, u := range b.upstreams {
		if u.ready.Load() {
			n++
		}
	}
	return n
}

// Close ends the balancer, and its clients' connections.
func (b *Balancer) Close() {
	b.stop()
	_ = b.server.Close()
	for _, u := range b.upstreams {
		u.pool.Forget()
	}
}

// bodyMaxBytes is what Eventra accepts at most, and more.
const bodyMaxBytes = 32 << 20

// exchangeTimeout outlasts every deadline of Eventra's own.
const exchangeTimeout = 60 * time.Second

// InstanceHeader tells the client which instance was asked.
const InstanceHeader = "X-Balancer-Instance"

func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u := b.next()
	if u == nil {
		refuse(w, http.StatusServiceUnavailable, "no instance is ready")
		return
	}
	w.Header().Set(InstanceHeader, u.pool.Address())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMaxBytes))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer, err := u.pool.Do(&wire.Request{Method: r.Method, Path: r.URL.RequestURI(), Header: fields(r.Header), Body: body}, exchangeTimeout)
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	for name, value := range answer.Fields() {
		if !ofConnection(name) {
			w.Header().Add(name, value)
		}
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a client that has gone is its own affair
}

// refuse answers in the balancer's own name.
func refuse(w http.ResponseWriter, status int, why string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, why)
}

// next is the instance whose turn it is; nil if none is ready.
func (b *Balancer) next() *upstream {
	for range b.upstreams {
		u := b.upstreams[b.turn.Add(1)%uint64(len(b.upstreams))]
		if u.ready.Load() {
			return u
		}
	}
	return nil
}

func fields(header http.Header) (lines []string) {
	for name, values := range header {
		if ofConnection(name) {
			continue
		}
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	return lines
}

// ofConnection names the fields that speak of one connection or of the body's
// framing on it.
func ofConnection(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Host", "Te", "Trailer", "Upgrade":
		return true
	}
	return false
}
