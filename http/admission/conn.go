package admission

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a connection of a [Listener]. It acquires a slot of the limiter when bytes of
// a request arrive, and releases it before it waits for its client. The goroutine that
// serves the connection owns its plain fields.
type Conn struct {
	net.Conn
	listener *Listener
	site     netip.Prefix // of the peer; none if it is not counted

	holdsSlot  atomic.Bool // a shutdown closes connections, too, from another goroutine
	waiting    atomic.Bool // for the client, which neither sends nor reads
	since      atomic.Int64
	overloaded bool // the request's bytes arrived while too many waited for a slot
	active     bool // it has sent a byte
	answered   bool // something was written since the last read
	lingers    bool

	reads, writes deadline

	first []byte // of the request that is being read; see Target
}

// Read implements net.Conn. It holds no slot while it waits for bytes.
func (c *Conn) Read(b []byte) (int, error) {
	c.releaseSlot()
	between := c.answered || !c.active // two requests
	if c.answered {
		c.answered = false
		c.touch()
	}
	if c.active {
		c.reads.apply(c.Conn.SetReadDeadline)
	}
	c.waiting.Store(true)
	n, err := c.Conn.Read(b)
	c.waiting.Store(false)
	if n == 0 {
		return n, err
	}
	if between {
		c.touch()
		c.first = c.first[:0]
	}
	c.remember(b[:n])
	c.acquireSlot()
	if !c.active {
		c.active = true
		if c.listener.markActive(c) { // Close has shortened the deadline
			c.reads.wanted = time.Now().Add(c.listener.ReadTimeout)
		}
	}
	return n, err
}

// Write implements net.Conn. It holds no slot while it waits for the client to read.
func (c *Conn) Write(b []byte) (int, error) {
	c.releaseSlot()
	c.answered = true
	c.writes.apply(c.Conn.SetWriteDeadline)
	c.waiting.Store(true)
	n, err := c.Conn.Write(b)
	c.waiting.Store(false)
	return n, err
}

// touch notes that the connection is of use: a request begins or has been answered.
// Bytes in between do not count, so that a client that sends them one by one gets no
// older claim to its connection than one that sends nothing.
func (c *Conn) touch() { c.since.Store(time.Now().UnixNano()) }

// SetReadDeadline implements net.Conn, for the next call of Read. The deadline of an idle
// connection of a closed listener is at most [idleGrace] away.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.reads.wanted = t
	if c.active { // the lock of the listener is for the few that are idle
		return nil
	}
	if latest := time.Now().Add(idleGrace); t.After(latest) && c.listener.drainsIdle(c) {
		t = latest
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn, for the next call of Write.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writes.wanted = t
	return nil
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

const (
	lingerMaxBytes = 32 << 20
	lingerMax      = 2 * time.Second

	// lingerBytesPerSecond is for all connections together: a per cent of a CPU.
	lingerBytesPerSecond = 16 << 20
	lingerChunkBytes     = 32 << 10
)

// Close implements net.Conn. It lingers if [Linger] asked for it.
func (c *Conn) Close() error {
	c.releaseSlot()
	c.listener.forget(c)
	if c.lingers {
		c.discardInput(lingerMax)
	}
	return c.Conn.Close()
}

// discardInput ends what is sent to a client and reads on for a while, so that the client
// gets all of it. All connections together read at a limited rate.
func (c *Conn) discardInput(wait time.Duration) {
	until := time.Now().Add(wait)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.Conn.SetReadDeadline(until) != nil {
		return
	}
	for range lingerMaxBytes / lingerChunkBytes {
		turn := c.listener.lingering.turn(time.Now())
		if turn.After(until) {
			return
		}
		time.Sleep(time.Until(turn))
		if _, err := io.CopyN(io.Discard, c.Conn, lingerChunkBytes); err != nil {
			return
		}
	}
}

// lingerRate gives each chunk of input that nobody wants its turn to be read.
type lingerRate struct {
	mu   sync.Mutex
	next time.Time
}

func (r *lingerRate) turn(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	turn := now
	if r.next.After(now) {
		turn = r.next
	}
	r.next = turn.Add(time.Second * lingerChunkBytes / lingerBytesPerSecond)
	return turn
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

// Begin makes a request hold a slot, also one that came together with others, all in one
// read, and reports false if too many requests wait for one.
func Begin(conn net.Conn) bool {
	c, ok := conn.(*Conn)
	if !ok {
		return true
	}
	c.first = c.first[:0]
	if !c.holdsSlot.Load() && !c.overloaded {
		c.acquireSlot()
	}
	overloaded := c.overloaded
	c.overloaded = false
	return !overloaded
}

// HoldsSlot reports whether a request holds a slot.
func HoldsSlot(conn net.Conn) bool {
	c, ok := conn.(*Conn)
	return ok && c.holdsSlot.Load()
}

// ReleaseSlot gives back the slot that a request holds. A handler calls it before it
// waits for anything but the CPU. Calling it again is harmless.
func ReleaseSlot(conn net.Conn) {
	if c, ok := conn.(*Conn); ok {
		c.releaseSlot()
	}
}

// Linger makes the connection linger when it is closed: the client of a request that
// was not read to its end still gets the answer.
func Linger(conn net.Conn) {
	if c, ok := conn.(*Conn); ok {
		c.lingers = true
	}
}
