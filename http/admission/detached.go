package admission

import (
	"errors"
	"net"
	"os"
	"time"
)

// Detached is the connection of a response that goes on after the goroutine of its
// request, and whose writes never wait. One goroutine at a time uses it.
type Detached struct {
	conn net.Conn // as the listener accepted it
	of   *Conn    // nil if no listener counts it
	to   pusher
}

// pusher writes as much as a connection takes at once, and sees whether its client has gone.
type pusher interface {
	push(b []byte) (n int, err error)
	gone() bool
}

// Detach takes a connection over from the HTTP library, which neither reads from it nor
// writes to it from now on. The connection counts until it is closed.
func Detach(conn net.Conn) *Detached {
	d := &Detached{conn: conn}
	if c, ok := conn.(*Conn); ok {
		c.releaseSlot()
		c.lingers, c.first = false, nil
		_ = c.Conn.SetWriteDeadline(time.Time{}) // of the responses before; a closed connection fails at its first write
		d.of, conn = c, c.Conn
	}
	d.to = newPusher(conn)
	return d
}

// Push writes as much as is taken at once, maybe nothing. From then on the connection of a
// client that has not taken all of it may make room for another one.
func (d *Detached) Push(b []byte) (n int, err error) {
	n, err = d.to.push(b)
	if d.of != nil {
		if n > 0 {
			d.of.touch()
		}
		d.of.waiting.Store(n < len(b))
	}
	return n, err
}

// Gone reports whether the client has closed the connection, without waiting. It does not
// see that behind bytes that the client has sent since its request, nor if the network has
// lost the client: both are noticed by a write.
func (d *Detached) Gone() bool { return d.to.gone() }

// Close closes the connection. What was pushed is still sent.
func (d *Detached) Close() error { return d.conn.Close() }

// pushWait is how long a write may wait where none can be made without.
const pushWait = time.Millisecond

// soonPusher writes what is taken within pushWait. It notices by a write alone that the
// client has gone.
type soonPusher struct{ conn net.Conn }

func (p soonPusher) push(b []byte) (n int, err error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(pushWait)); err != nil {
		return 0, err
	}
	n, err = p.conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

func (soonPusher) gone() bool { return false }
