package http1

import (
	"bufio"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Error is a request without a response.
type Error struct {
	// Sent is false if no byte of the request can have reached the server, so
	// that it was certainly not executed. Otherwise it may have been.
	Sent bool
	Err  error
}

func (e *Error) Error() string {
	if e.Sent {
		return fmt.Sprintf("no response: %v", e.Err)
	}
	return fmt.Sprintf("not sent: %v", e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Conn is one connection. One goroutine may use it at a time.
type Conn struct {
	net    net.Conn
	raw    syscall.RawConn
	host   string
	r      *bufio.Reader
	w      *bufio.Writer
	head   []byte // buffer for the response's header, reused
	body   []byte // buffer for the response's body, if it is reused
	reuse  bool
	broken bool
}

// bufferBytes is enough for a usual request or response.
const bufferBytes = 4 << 10

// Dial connects to address. Its error is an [*Error] with Sent false.
func Dial(address string, deadline time.Time) (*Conn, error) {
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		return nil, &Error{Err: err}
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil, &Error{Err: err}
	}
	return &Conn{net: conn, raw: raw, host: address,
		r: bufio.NewReaderSize(conn, bufferBytes), w: bufio.NewWriterSize(conn, bufferBytes)}, nil
}

// ReuseBody makes all responses share one buffer: a body is valid until the next Do.
func (c *Conn) ReuseBody() { c.reuse = true }

// Do sends a request and reads its response. After an [*Error] the connection
// is unusable.
func (c *Conn) Do(req *Request, deadline time.Time) (*Response, error) {
	_ = c.net.SetDeadline(deadline) // fails only on a closed connection, where the write fails as well
	if err := req.write(c.w, c.host); err != nil {
		c.broken = true
		return nil, &Error{Sent: true, Err: err}
	}
	response, head, err := readResponse(c.r, req.Method, c.head, c.body)
	c.head = head
	if c.reuse && err == nil && cap(response.Body) > cap(c.body) {
		c.body = response.Body
	}
	if err != nil {
		c.broken = true
		return nil, &Error{Sent: true, Err: err}
	}
	c.broken = c.broken || response.closing
	return response, nil
}

// Usable reports whether the connection can carry another request. It peeks at
// the socket, so that an idle connection closed by the server costs no request.
func (c *Conn) Usable() bool {
	if c.broken || c.r.Buffered() > 0 {
		return false
	}
	_ = c.net.SetDeadline(time.Time{}) // the previous request's deadline may have passed
	idle := false
	err := c.raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		idle = err == syscall.EAGAIN // neither data nor end of file
		return true
	})
	return err == nil && idle
}

// Close closes the connection.
func (c *Conn) Close() { _ = c.net.Close() }
