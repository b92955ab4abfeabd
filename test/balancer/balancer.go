// Package balancer is a small load balancer for tests. It obeys /readyz, keeps
// connections alive and tries each request once, so that the client sees every
// failure of an instance.
package balancer

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// Balancer spreads requests over the instances that are ready, in turn.
type Balancer struct {
	upstreams []*upstream
	turn      atomic.Uint64
	listener  net.Listener
	server    *http.Server
	stop      context.CancelFunc
}

// Start starts a balancer for the instances at addresses, on a free port of the
// loopback interface.
func Start(addresses ...string) (*Balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &Balancer{listener: listener, stop: stop}
	for _, address := range addresses {
		u := &upstream{pool: http1.NewPool(address)}
		u.probe()
		b.upstreams = append(b.upstreams, u)
		go u.watch(ctx)
	}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = b.server.Serve(listener) }() // ends when the server is closed
	return b, nil
}

// Address returns where clients connect.
func (b *Balancer) Address() string { return b.listener.Addr().String() }

// Ready counts the instances that receive requests.
func (b *Balancer) Ready() (n int) {
	for _, u := range b.upstreams {
		if u.ready.Load() {
			n++
		}
	}
	return n
}

// Close closes the balancer and its clients' connections.
func (b *Balancer) Close() {
	b.stop()
	_ = b.server.Close()
	for _, u := range b.upstreams {
		u.pool.CloseIdle()
	}
}

// bodyMaxBytes is more than Eventra accepts.
const bodyMaxBytes = 32 << 20

// exchangeTimeout is longer than every timeout of Eventra.
const exchangeTimeout = 60 * time.Second

// InstanceHeader names the instance that the request went to.
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
	response, err := u.pool.Do(&http1.Request{Method: r.Method, Path: r.URL.RequestURI(), Header: fields(r.Header), Body: body}, exchangeTimeout)
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	for name, value := range response.Fields() {
		if !hopByHop(name) {
			w.Header().Add(name, value)
		}
	}
	w.WriteHeader(response.Status)
	_, _ = w.Write(response.Body) // the client may have closed its connection
}

// refuse responds on the balancer's behalf.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, reason)
}

// next returns the ready instance whose turn it is, nil if none is ready.
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
		if hopByHop(name) {
			continue
		}
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	return lines
}

// hopByHop reports whether a header field concerns one connection or the body's
// framing on it, and so is not forwarded.
func hopByHop(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Host", "Te", "Trailer", "Upgrade":
		return true
	}
	return false
}
