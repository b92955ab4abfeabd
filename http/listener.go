package http

import (
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// lingeringListener gives connections that can linger.
type lingeringListener struct{ net.Listener }

func (l lingeringListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: conn}, nil
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
