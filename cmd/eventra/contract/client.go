package contract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
)

const (
	// answerWithin is how long an answer may take. It is more than any documented wait of a
	// request that has arrived.
	answerWithin = 15 * time.Second
	answerMax    = 64 << 20
	// eventWithin is how long a stream is watched. A client that knows the last version gets
	// nothing for longer.
	eventWithin = 300 * time.Millisecond
)

// Answer is what came back for a request.
type Answer struct {
	Status int // 0: the connection ended without an answer
	Header http.Header
	Body   []byte // of a stream, the first event
	Late   bool   // no answer in time
	Broken string // why it cannot be read
	Rest   int    // bytes after it that nobody asked for
}

// client sends requests over one connection at a time.
type client struct {
	host string
	conn net.Conn
	read *bufio.Reader
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// do sends a request and reads its answer.
func (c *client) do(r *Request) (*Answer, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.host, answerWithin)
		if err != nil {
			return nil, err
		}
		c.conn, c.read = conn, bufio.NewReader(conn)
	}
	_ = c.conn.SetDeadline(time.Now().Add(answerWithin))
	written := make(chan struct{})
	go func() { // the answer may come before all of the request is read
		defer close(written)
		_, _ = c.conn.Write(r.wire(c.host))
		if half, ok := c.conn.(*net.TCPConn); ok && r.Odd {
			_ = half.CloseWrite() // whatever it waits for, nothing more comes
		}
	}()
	a, keep := c.receive(r)
	if r.Odd || !keep {
		c.close()
	}
	<-written
	return a, nil
}

func (c *client) receive(r *Request) (a *Answer, keep bool) {
	a = &Answer{}
	resp, err := http.ReadResponse(c.read, &http.Request{Method: r.Method})
	for err == nil && resp.StatusCode < 200 {
		resp, err = http.ReadResponse(c.read, &http.Request{Method: r.Method})
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		a.Late = true
		return a, false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return a, false
	case err != nil:
		if !strings.Contains(err.Error(), "connection reset") {
			a.Broken = err.Error()
		}
		return a, false
	}
	a.Status, a.Header = resp.StatusCode, resp.Header
	if resp.Header.Get("Content-Type") == eventStream {
		_ = c.conn.SetReadDeadline(time.Now().Add(eventWithin))
		a.Body, err = firstEvent(resp)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // nothing new
			a.Broken = err.Error()
		}
		return a, false
	}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, answerMax))
	if err == nil {
		a.Body, err = decoded(a.Header.Get("Content-Encoding"), a.Body)
	}
	if err != nil {
		a.Broken = err.Error()
		return a, false
	}
	a.Rest = c.read.Buffered()
	return a, !resp.Close && a.Rest == 0
}

const eventStream = "text/event-stream"

// firstEvent reads a stream until its first event has arrived.
func firstEvent(resp *http.Response) ([]byte, error) {
	if resp.Request.Method == http.MethodHead {
		return nil, nil
	}
	var body io.Reader = resp.Body
	switch resp.Header.Get("Content-Encoding") {
	case "gzip":
		zip, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = zip
	case "br":
		body = brotli.NewReader(body)
	}
	lines, event := bufio.NewReader(body), []byte{}
	for {
		line, err := lines.ReadBytes('\n')
		event = append(event, line...)
		if err != nil || len(event) > answerMax {
			return event, err
		}
		if len(line) == 1 && bytes.Contains(event, []byte("data: ")) {
			return event, nil
		}
	}
}

func decoded(coding string, body []byte) ([]byte, error) {
	switch {
	case len(body) == 0:
		return nil, nil
	case coding == "gzip":
		zip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(zip, answerMax))
	case coding == "br":
		return io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(body)), answerMax))
	}
	return body, nil
}
