package admission

import (
	"net"
	"sync"
	"time"
)

// Listener is a listener that drains: after Close, requests under way go on, and idle
// connections end soon. It may be closed before it is opened, and more than once. Set
// the exported fields before Open.
type Listener struct {
	Limiter      *Limiter
	ReadTimeout  time.Duration // for a whole request
	WriteTimeout time.Duration // for each write of a stream

	ln     net.Listener
	mu     sync.Mutex
	closed bool
	idle   map[*Conn]struct{} // accepted connections that have not sent a byte
}

// idleGrace is how long an idle connection may stay silent once the listener is closed.
const idleGrace = 500 * time.Millisecond

// Open sets the listener to accept from.
func (l *Listener) Open(ln net.Listener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln = ln
	if l.closed {
		_ = ln.Close()
	}
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Accept implements net.Listener. The connections are of type *[Conn].
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.ln.Accept()
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: conn, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle == nil {
		l.idle = map[*Conn]struct{}{}
	}
	l.idle[c] = struct{}{}
	return c, nil
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.ln == nil {
		l.closed = true
		return nil
	}
	l.closed = true
	for c := range l.idle {
		_ = c.Conn.SetReadDeadline(time.Now().Add(idleGrace))
	}
	return l.ln.Close()
}

// forget removes a connection from the idle ones and reports whether the listener is
// closed.
func (l *Listener) forget(c *Conn) (closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.idle, c)
	return l.closed
}

// drainsIdle reports whether the listener is closed and a connection still idle.
func (l *Listener) drainsIdle(c *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, idle := l.idle[c]
	return idle && l.closed
}
