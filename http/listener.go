package http

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// door is the listener of a server. It can be closed before it is opened, and
// more than once.
type door struct {
	net.Listener
	gate   *gate
	mu     sync.Mutex
	closed bool
	silent map[*connection]struct{} // who came in and has not said a word
}

// silentMax is how long somebody who came in before the door was closed may
// still take to say something. Clients open connections in advance, and such a
// one would hold up a shutdown until its read timeout.
const silentMax = 500 * time.Millisecond

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
	c := &connection{Conn: conn, door: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent == nil {
		d.silent = map[*connection]struct{}{}
	}
	d.silent[c] = struct{}{}
	return c, nil
}

// forget takes a connection off the list of the silent ones and reports
// whether the door is closed.
func (d *door) forget(c *connection) (closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.silent, c)
	return d.closed
}

// isSilent reports whether a connection is silent behind a closed door.
func (d *door) isSilent(c *connection) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, silent := d.silent[c]
	return silent && d.closed
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
	for c := range d.silent {
		_ = c.Conn.SetReadDeadline(time.Now().Add(silentMax))
	}
	return d.Listener.Close()
}

// connection, once told to linger, reads on for a while when it is closed. A
// client that is still sending a body we refused would otherwise get a reset
// in place of our answer, for that is what TCP sends when unread bytes remain.
type connection struct {
	net.Conn
	door   *door
	spoken bool // of the goroutine that reads, as those that follow
	linger bool
	stream bool // a write has its own time, the response any

	inside  atomic.Bool // has a slot of the gate; who shuts down closes connections, too
	crowded bool        // got none, for too many wait
}

// Read implements net.Conn.
func (c *connection) Read(b []byte) (int, error) {
	c.leaveGate()
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.enterGate()
	}
	if n > 0 && !c.spoken {
		c.spoken = true
		if c.door.forget(c) {
			_ = c.Conn.SetReadDeadline(time.Now().Add(readTimeout)) // it has the time of every request
		}
	}
	return n, err
}

// Write implements net.Conn.
func (c *connection) Write(b []byte) (int, error) {
	if c.stream {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
	return c.Conn.Write(b)
}

// SetReadDeadline implements net.Conn. Who is silent behind a closed door gets
// no longer time.
func (c *connection) SetReadDeadline(t time.Time) error {
	if latest := time.Now().Add(silentMax); t.After(latest) && c.door.isSilent(c) {
		t = latest
	}
	return c.Conn.SetReadDeadline(t)
}

const (
	lingerMaxBytes = 32 << 20
	lingerMax      = 2 * time.Second
)

// Close implements net.Conn.
func (c *connection) Close() error {
	c.leaveGate()
	c.door.forget(c)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if c.linger && ok && half.CloseWrite() == nil && c.Conn.SetReadDeadline(time.Now().Add(lingerMax)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerMaxBytes)
	}
	return c.Conn.Close()
}

// lingerAfter makes the request's connection linger once it was answered.
func lingerAfter(ctx *fasthttp.RequestCtx) {
	if conn, ok := ctx.Conn().(*connection); ok {
		conn.linger = true
	}
}

// writesOn lets the request's response take as long as it has something to say.
func writesOn(ctx *fasthttp.RequestCtx) {
	if conn, ok := ctx.Conn().(*connection); ok {
		conn.stream = true
	}
}
