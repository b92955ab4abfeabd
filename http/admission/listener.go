package admission

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Listener is a listener that bounds its connections and drains: after Close, requests
// under way go on, and idle connections end soon. It may be closed before it is opened,
// and more than once. Set the exported fields before Open.
type Listener struct {
	Limiter     *Limiter
	ReadTimeout time.Duration // for a whole request

	ConnectionsMax        int                   // 0: any number
	ConnectionsPerAddress int                   // of one IPv4 address or IPv6 network; 0: any number
	Proxy                 func(netip.Addr) bool // reports whether an address speaks for many clients, and so is not counted
	Refusal               func() []byte         // makes what the client of a refused connection gets
	Log                   *slog.Logger          // may be nil

	ln     net.Listener
	done   chan struct{}
	warned time.Time // of the goroutine that accepts

	lingering lingerRate

	mu     sync.Mutex
	closed bool
	idle   map[*Conn]struct{} // accepted connections that have not sent a byte
	all    connSet
	sites  map[netip.Prefix]*connSet
}

const (
	// idleGrace is how long an idle connection may stay silent once the listener is closed.
	idleGrace = 500 * time.Millisecond

	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
	// warningPause is the least time between two lines in the log.
	warningPause = 10 * time.Second
)

// Open sets the listener to accept from.
func (l *Listener) Open(ln net.Listener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln, l.done = ln, make(chan struct{})
	l.idle, l.all.conns, l.sites = map[*Conn]struct{}{}, map[*Conn]struct{}{}, map[netip.Prefix]*connSet{}
	if l.closed {
		close(l.done)
		_ = ln.Close()
	}
}

// Connections returns how many connections are open.
func (l *Listener) Connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all.conns)
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// Accept implements net.Listener. The connections are of type *[Conn]. It waits while the
// process or the machine is short of what a connection takes.
func (l *Listener) Accept() (net.Conn, error) {
	pause := acceptPauseMin
	for {
		conn, err := l.ln.Accept()
		if err != nil {
			if !passes(err) || !l.pause(pause, err) {
				return nil, err
			}
			pause = min(2*pause, acceptPauseMax)
			continue
		}
		pause = acceptPauseMin
		if c := l.admit(conn); c != nil {
			boundBuffers(conn)
			return c, nil
		}
		l.refuse(conn)
	}
}

// passes reports whether accepting may succeed later on.
func passes(err error) bool {
	for _, shortage := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EINTR, syscall.EPERM, syscall.EPROTO} {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
}

// pause waits before the next attempt to accept, and reports false once the listener is
// closed. Meanwhile connections that nobody uses make room.
func (l *Listener) pause(d time.Duration, err error) bool {
	if l.Log != nil && time.Since(l.warned) > warningPause {
		l.warned = time.Now()
		l.Log.Warn("connections are not accepted for a while", "error", err)
	}
	l.mu.Lock()
	l.evict(&l.all)
	l.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
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
	close(l.done)
	for c := range l.idle {
		_ = c.Conn.SetReadDeadline(time.Now().Add(idleGrace))
	}
	return l.ln.Close()
}

// markActive notes that a connection has sent its first byte, and reports whether the listener is
// closed.
func (l *Listener) markActive(c *Conn) (closed bool) {
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

// connSet is a set of connections that has a bound.
type connSet struct {
	conns map[*Conn]struct{}
	busy  time.Time // until then, no connection of it is worth looking for
}

const (
	// evictAfter is how long a connection may have waited for its client, of a set at
	// its bound, before it makes room for another one.
	evictAfter = 250 * time.Millisecond
	// evictShare of a set makes room at once, so that the next ones need no search.
	evictShare = 32
	// busyFor is how long a set without such a connection is not searched again.
	busyFor = 50 * time.Millisecond
)

// buffersBytes bounds what the kernel keeps of a connection in each direction, which would
// otherwise be some megabytes for a client that does not read.
const buffersBytes = 256 << 10

func boundBuffers(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(buffersBytes) // a connection that has ended is found out by its first use
		_ = tcp.SetWriteBuffer(buffersBytes)
	}
}

// admit counts a connection in. It returns nil if there are too many that all are in use.
func (l *Listener) admit(conn net.Conn) *Conn {
	c := &Conn{Conn: conn, listener: l, site: l.siteOf(conn)}
	c.touch()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ConnectionsMax > 0 && len(l.all.conns) >= l.ConnectionsMax && !l.evict(&l.all) {
		return nil
	}
	if c.site.IsValid() {
		site := l.sites[c.site]
		if site != nil && len(site.conns) >= l.ConnectionsPerAddress && !l.evict(site) {
			return nil
		}
		if site = l.sites[c.site]; site == nil { // evicting may have forgotten it
			site = &connSet{conns: map[*Conn]struct{}{}}
			l.sites[c.site] = site
		}
		site.conns[c] = struct{}{}
	}
	l.all.conns[c] = struct{}{}
	l.idle[c] = struct{}{}
	return c
}

// siteOf returns whom a connection counts for, or nobody.
func (l *Listener) siteOf(conn net.Conn) netip.Prefix {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok || l.ConnectionsPerAddress == 0 {
		return netip.Prefix{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if l.Proxy != nil && l.Proxy(addr) {
		return netip.Prefix{}
	}
	return Site(addr)
}

// evict closes those connections of a set that have waited for their clients longest,
// and reports whether there was one. The caller has locked l.mu.
func (l *Listener) evict(from *connSet) bool {
	now := time.Now()
	if now.Before(from.busy) {
		return false
	}
	type waiter struct {
		c     *Conn
		since int64
	}
	var waiters []waiter
	latest := now.Add(-evictAfter).UnixNano()
	for c := range from.conns {
		if since := c.since.Load(); since < latest && c.waiting.Load() {
			waiters = append(waiters, waiter{c, since})
		}
	}
	if len(waiters) == 0 {
		from.busy = now.Add(busyFor)
		return false
	}
	slices.SortFunc(waiters, func(a, b waiter) int { return cmp.Compare(a.since, b.since) })
	for _, w := range waiters[:min(len(waiters), 1+len(from.conns)/evictShare)] {
		l.remove(w.c)
		_ = w.c.Conn.Close()
	}
	return true
}

func (l *Listener) forget(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(c)
}

// remove counts a connection out. The caller has locked l.mu.
func (l *Listener) remove(c *Conn) {
	delete(l.idle, c)
	delete(l.all.conns, c)
	if site := l.sites[c.site]; site != nil {
		if delete(site.conns, c); len(site.conns) == 0 {
			delete(l.sites, c.site)
		}
	}
}

// refuse answers a connection that is one too many, and closes it. It does not wait: what
// it writes fits into the buffers of a connection that is new.
func (l *Listener) refuse(conn net.Conn) {
	if l.Refusal != nil && conn.SetWriteDeadline(time.Now().Add(acceptPauseMin)) == nil {
		_, _ = conn.Write(l.Refusal())
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}
	_ = conn.Close()
}
