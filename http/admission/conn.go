package admission

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Conn is a connection of a [Listener]. It acquires a slot of the limiter when bytes of
// a request arrive. The goroutine that serves the connection owns its plain fields.
type Conn struct {
	net.Conn
	listener *Listener

	holdsSlot  atomic.Bool // a shutdown closes connections, too, from another goroutine
	overloaded bool        // the request's bytes arrived while too many waited for a slot
	active     bool        // it has sent a byte
	lingers    bool
	streams    bool // each write has a deadline of its own
}

// Read implements net.Conn. It holds no slot while it waits for bytes.
func (c *Conn) Read(b []byte) (int, error) {
	c.releaseSlot()
	n, err := c.Conn.Read(b)
	if n == 0 {
		return n, err
	}
	c.acquireSlot()
	if !c.active {
		c.active = true
		if c.listener.forget(c) { // Close has shortened the deadline
			_ = c.Conn.SetReadDeadline(time.Now().Add(c.listener.ReadTimeout))
		}
	}
	return n, err
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	if c.streams {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(c.listener.WriteTimeout))
	}
	return c.Conn.Write(b)
}

// SetReadDeadline implements net.Conn. The deadline of an idle connection of a closed
// listener is at most [idleGrace] away.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if latest := time.Now().Add(idleGrace); t.After(latest) && c.listener.drainsIdle(c) {
		t = latest
	}
	return c.Conn.SetReadDeadline(t)
}

const (
	lingerMaxBytes = 32 << 20
	lingerMax      = 2 * time.Second
)

// Close implements net.Conn. It lingers if [Linger] asked for it.
func (c *Conn) Close() error {
	c.releaseSlot()
	c.listener.forget(c)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if c.lingers && ok && half.CloseWrite() == nil && c.Conn.SetReadDeadline(time.Now().Add(lingerMax)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerMaxBytes)
	}
	return c.Conn.Close()
}

func (c *Conn) acquireSlot() {
	acquired := c.listener.Limiter.Acquire()
	c.holdsSlot.Store(acquired)
	c.overloaded = !acquired
}

func (c *Conn) releaseSlot() {
	if c.holdsSlot.CompareAndSwap(true, false) {
		c.listener.Limiter.Release()
	}
}

// The functions below take a request's connection as the HTTP library hands it out, and
// do nothing for one that is not a *[Conn].

// ReleaseSlot gives back the slot that a request holds. A handler calls it before it
// waits for anything but the CPU. Calling it again is harmless.
func ReleaseSlot(conn net.Conn) {
	if c, ok := conn.(*Conn); ok {
		c.releaseSlot()
	}
}

// Overloaded reports whether a request found no slot because too many waited for one.
func Overloaded(conn net.Conn) bool {
	c, ok := conn.(*Conn)
	return ok && c.overloaded
}

// Linger makes the connection linger when it is closed: the client of a request that
// was not read to its end still gets the answer.
func Linger(conn net.Conn) {
	if c, ok := conn.(*Conn); ok {
		c.lingers = true
	}
}

// Stream gives each write of a response its own deadline, so that the response may take
// as long as there is something to send.
func Stream(conn net.Conn) {
	if c, ok := conn.(*Conn); ok {
		c.streams = true
	}
}
