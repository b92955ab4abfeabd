package postgres

import (
	"context"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// dialsMax bounds the connections of one pool that the server has not answered
// yet. A server that stood still starts a process for every connection that was
// made meanwhile, abandoned or not. At some 20 ms each, a few hundred of them
// keep all callers out for seconds.
const dialsMax = 4

// limitDials makes dial wait while dialsMax connections wait for their first
// answer, and fail at once if allow returns an error.
func limitDials(dial pgconn.DialFunc, allow func() error) pgconn.DialFunc {
	unanswered := make(chan struct{}, dialsMax)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case unanswered <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		answered := sync.OnceFunc(func() { <-unanswered })
		if err := allow(); err != nil { // asked after the wait, in which the server may have gone
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

// dialed is a connection that reports its first answer, or its end.
type dialed struct {
	net.Conn
	answered     func()
	answeredOnce bool // only the reading goroutine uses it
}

// Read implements net.Conn.
func (c *dialed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.answeredOnce {
		c.answeredOnce = true
		c.answered()
	}
	return n, err
}

// Close implements net.Conn.
func (c *dialed) Close() error {
	c.answered()
	return c.Conn.Close()
}
