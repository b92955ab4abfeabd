package http

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// door is the listener of a server. It can be closed before it is opened, and
// more than once.
type door struct {
	net.Listener
	mu     sync.Mutex
	closed bool
}

func (d *door) open(ln net.Listener) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Listener = ln
	if d.closed {
		_ = ln.Close()
	}
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: conn}, nil
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.Listener == nil {
		d.closed = true
		return nil
	}
	d.closed = true
	return d.Listener.Close()
}

// lingeringConn, once told to, reads on for a while when it is closed. A
// client that is still sending a body we refused would otherwise get a reset
// in place of our answer, for that is what TCP sends when unread bytes remain.
type lingeringConn struct {
	net.Conn
	linger bool
}

const (
	lingerMaxBytes = 32 << 20
	lingerMax      = 2 * time.Second
)

// Close implements net.Conn.
func (c *lingeringConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if c.linger && ok && half.CloseWrite() == nil && c.Conn.SetReadDeadline(time.Now().Add(lingerMax)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerMaxBytes)
	}
	return c.Conn.Close()
}

// lingerAfter makes the request's connection linger once it was answered.
func lingerAfter(ctx *fasthttp.RequestCtx) {
	if conn, ok := ctx.Conn().(*lingeringConn); ok {
		conn.linger = true
	}
}
