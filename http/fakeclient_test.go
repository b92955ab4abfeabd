package http

import (
	"io"
	"strings"
	"sync"
)

// fakeClient is the connection of a stream, and the client at its other end, which takes as
// much as it has room for.
type fakeClient struct {
	mu     sync.Mutex
	more   *sync.Cond
	text   strings.Builder // all that it has got
	read   int
	room   int // negative: any
	closed bool
	gone   bool
}

func newFakeClient() *fakeClient {
	c := &fakeClient{room: -1}
	c.more = sync.NewCond(&c.mu)
	return c
}

func (c *fakeClient) Push(b []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return 0, io.ErrClosedPipe
	}
	n = len(b)
	if c.room >= 0 {
		n = min(n, c.room)
		c.room -= n
	}
	c.text.Write(b[:n])
	c.more.Broadcast()
	return n, nil
}

func (c *fakeClient) Gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

func (c *fakeClient) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.more.Broadcast()
	return nil
}

// takes gives the client room for so many bytes from now on.
func (c *fakeClient) takes(room int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room = room
}

// leaves closes the client's end: the next write fails.
func (c *fakeClient) leaves() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

func (c *fakeClient) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// line returns the next line, and event the lines up to an empty one, with that.
func (c *fakeClient) line() string  { return c.until("\n") }
func (c *fakeClient) event() string { return c.until("\n\n") }

// until waits for some text and returns what comes up to it, or what is left at the end.
func (c *fakeClient) until(end string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		rest := c.text.String()[c.read:]
		if at := strings.Index(rest, end); at >= 0 {
			c.read += at + len(end)
			return rest[:at+len(end)]
		}
		if c.closed {
			c.read += len(rest)
			return rest
		}
		c.more.Wait()
	}
}
