package persistencetest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy forwards TCP connections to one server until it is told to fail.
type Proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu          sync.Mutex
	links       map[*link]struct{}
	down        bool
	swallowing  bool
	onSwallowed func()
}

// link is one client's connection and its continuation to the server.
type link struct{ client, server net.Conn }

func (l *link) close() {
	l.client.Close()
	l.server.Close()
}

// NewProxy listens on a free loopback port and forwards to target, a host:port.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{target: target, listener: listener, links: map[*link]struct{}{}}
	p.running.Go(p.accept)
	t.Cleanup(p.Close)
	return p
}

// ProxyTo puts a proxy in front of the server that a URL names; the URL
// returned leads through it.
func ProxyTo(t testing.TB, server string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(server)
	require.NoError(t, err)
	p := NewProxy(t, u.Host)
	u.Host = p.Addr()
	return p, u.String()
}

// Addr is the host:port that clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut closes all connections and refuses new ones until Restore.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	p.closeLinks()
}

// SwallowReplies forwards clients' requests and drops the server's answers, so that
// no client learns the outcome of its request. At the first dropped answer it calls
// swallowed once, unless that is nil.
func (p *Proxy) SwallowReplies(swallowed func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallowing, p.onSwallowed = true, swallowed
}

// Restore forwards again, also for connections that are still open.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.swallowing, p.onSwallowed = false, false, nil
}

// Close ends the proxy and all its connections.
func (p *Proxy) Close() {
	p.listener.Close()
	p.Cut()
	p.running.Wait()
}

func (p *Proxy) closeLinks() {
	for l := range p.links {
		l.close()
	}
	clear(p.links)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		client.Close()
		return
	}
	l := &link{client, server}
	if !p.add(l) {
		l.close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(server, client) // ends when either side does
		l.close()
	})
	both.Go(func() {
		_, _ = io.Copy(replies{p, client}, server)
		l.close()
	})
	both.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

// replies writes the server's answers to a client, or drops them.
type replies struct {
	proxy  *Proxy
	client net.Conn
}

func (r replies) Write(b []byte) (int, error) {
	r.proxy.mu.Lock()
	swallow, swallowed := r.proxy.swallowing, r.proxy.onSwallowed
	r.proxy.onSwallowed = nil
	r.proxy.mu.Unlock()
	if !swallow {
		return r.client.Write(b)
	}
	if swallowed != nil {
		swallowed()
	}
	return len(b), nil
}
