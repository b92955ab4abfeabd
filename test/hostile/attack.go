package hostile

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Target is the server under attack.
type Target struct {
	Address string // host and port
	Event   string // the id of an event whose seat map is public
}

// Attack is a number of hostile clients at work.
type Attack struct {
	stop context.CancelFunc
	all  sync.WaitGroup

	Opened  atomic.Int64 // connections
	Refused atomic.Int64 // attempts to connect that failed
	Sent    atomic.Int64 // bytes
}

const (
	dialTimeout = 2 * time.Second
	// writeTimeout ends a connection whose server has stopped to read.
	writeTimeout = 60 * time.Second
	// connectionLife is longer than any attack.
	connectionLife = time.Hour
	// reconnectPause is between the end of a connection and the next one of its client.
	reconnectPause = 250 * time.Millisecond
)

// Start starts n clients of each kind, which connect from a source address each kind, until
// ctx ends or Stop is called. The target is on the loopback interface.
func Start(ctx context.Context, at Target, n int, kinds ...Kind) *Attack {
	ctx, stop := context.WithCancel(ctx)
	a := &Attack{stop: stop}
	for i, kind := range kinds {
		from := net.IPv4(127, 0, 66, byte(1+i))
		for range n * kind.Factor {
			a.all.Go(func() { a.client(ctx, kind, from, &at) })
		}
	}
	return a
}

// Stop ends all clients.
func (a *Attack) Stop() {
	a.stop()
	a.all.Wait()
}

// client keeps one connection, and opens the next one when it has ended.
func (a *Attack) client(ctx context.Context, kind Kind, from net.IP, at *Target) {
	dialer := net.Dialer{Timeout: dialTimeout, LocalAddr: &net.TCPAddr{IP: from}}
	for ctx.Err() == nil {
		if raw, err := dialer.DialContext(ctx, "tcp", at.Address); err != nil {
			a.Refused.Add(1)
		} else {
			a.Opened.Add(1)
			a.use(ctx, raw.(*net.TCPConn), kind, at)
		}
		select {
		case <-time.After(reconnectPause):
		case <-ctx.Done():
		}
	}
}

func (a *Attack) use(ctx context.Context, raw *net.TCPConn, kind Kind, at *Target) {
	c := &conn{TCPConn: raw, ended: make(chan struct{}), sent: &a.Sent}
	_ = raw.SetReadBuffer(4 << 10)   // what the kernel takes in for a client that does not read
	_ = raw.SetWriteBuffer(64 << 10) // filling more costs the machine that the server runs on, too
	defer context.AfterFunc(ctx, c.end)()
	defer c.end()
	_ = kind.misuse(c, at) // each connection ends with an error
}

// conn is a connection of a hostile client.
type conn struct {
	*net.TCPConn
	once  sync.Once
	ended chan struct{}
	sent  *atomic.Int64
}

func (c *conn) end() {
	c.once.Do(func() {
		close(c.ended)
		_ = c.TCPConn.SetLinger(0) // nothing of the attack stays behind in the kernel
		_ = c.TCPConn.Close()
	})
}

func (c *conn) send(text string) error {
	_ = c.SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := c.Write([]byte(text))
	c.sent.Add(int64(n))
	return err
}

func (c *conn) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ended:
		return errEnded
	}
}

var errEnded = errors.New("the connection has ended")
