package wire

import (
	"bufio"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Error is a request without an answer.
type Error struct {
	// Sent is false if not one byte of the request can have arrived: it was
	// certainly not carried out. Otherwise it may have been.
	Sent bool
	Err  error
}

func (e *Error) Error() string {
	if e.Sent {
		return fmt.Sprintf("no answer: %v", e.Err)
	}
	return fmt.Sprintf("not sent: %v", e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Conn is one connection; one goroutine at a time may use it.
type Conn struct {
	net    net.Conn
	raw    syscall.RawConn
	host   string
	r      *bufio.Reader
	w      *bufio.Writer
	head   []byte // of the last answer; memory to be used again
	broken bool
}

// bufferBytes holds the usual request, and the usual answer, whole.
const bufferBytes = 4 << 10

// Dial connects. Its error is an [*Error] of a request that was not sent.
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

// Do sends a request and reads its answer. After an [*Error] the connection is
// of no more use.
func (c *Conn) Do(req *Request, deadline time.Time) (*Response, error) {
	_ = c.net.SetDeadline(deadline) // fails for closed connections only, and so does what follows
	if err := req.write(c.w, c.host); err != nil {
		c.broken = true
		return nil, &Error{Sent: true, Err: err}
	}
	answer, head, err := readResponse(c.r, req.Method, c.head)
	c.head = head
	if err != nil {
		c.broken = true
		return nil, &Error{Sent: true, Err: err}
	}
	c.broken = c.broken || answer.last
	return answer, nil
}

// Usable reports whether the connection can carry another request. An idle one
// that the server has closed meanwhile is found out by looking, not by losing
// a request.
func (c *Conn) Usable() bool {
	if c.broken || c.r.Buffered() > 0 {
		return false
	}
	_ = c.net.SetDeadline(time.Time{}) // the last request's has passed, perhaps
	idle := false
	err := c.raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		idle = err == syscall.EAGAIN // neither a byte nor an end has come
		return true
	})
	return err == nil && idle
}

// Close closes the connection.
func (c *Conn) Close() { _ = c.net.Close() }
