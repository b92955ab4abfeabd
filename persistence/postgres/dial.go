package postgres

import (
	"context"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// dialsMax bounds the connections of one pool that the server has not answered
// yet. A server that stood still has to start a process for each one that was
// made meanwhile, also if it was given up long ago, before it gets to those that
// count: at some 20 ms each, a few hundred keep everybody out for seconds.
const dialsMax = 4

// limitDials makes dial wait while dialsMax connections wait for their first
// answer, and fail at once where allow says so.
func limitDials(dial pgconn.DialFunc, allow func() error) pgconn.DialFunc {
	unanswered := make(chan struct{}, dialsMax)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case unanswered <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		answered := sync.OnceFunc(func() { <-unanswered })
		if err := allow(); err != nil { // also if that has come up while it waited
			answered()
			return nil, err
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			answered()
			return nil, err
		}
		return &dialed{Conn: conn, answered: answered}, nil
	}
}

// dialed is a connection that tells of its first answer, or its end.
type dialed struct {
	net.Conn
	answered func()
	heard    bool // of the goroutine that reads
}

// Read implements net.Conn.
func (c *dialed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.heard {
		c.heard = true
		c.answered()
	}
	return n, err
}

// Close implements net.Conn.
func (c *dialed) Close() error {
	c.answered()
	return c.Conn.Close()
}
