package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// Response is an HTTP response with its whole body.
type Response struct {
	Status int
	Body   []byte

	head    string // the header's lines
	closing bool   // the server closes the connection afterwards
}

// Fields iterates over the header's fields.
func (r *Response) Fields() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for line := range strings.Lines(r.head) {
			name, value, _ := strings.Cut(line, ":")
			if !yield(name, strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// Get returns the first value of a header field, "" if there is none. Case does
// not matter.
func (r *Response) Get(name string) string {
	for field, value := range r.Fields() {
		if strings.EqualFold(field, name) {
			return value
		}
	}
	return ""
}

// bodyMaxBytes bounds a body. The largest seat map is far smaller.
const bodyMaxBytes = 64 << 20

// readResponse reads a response. It appends the header to head, and returns that
// buffer for the next call. It reads the body into the buffer body if that is large
// enough.
func readResponse(r *bufio.Reader, method string, head, body []byte) (*Response, []byte, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, head, err
	}
	protocol, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || !bytes.HasPrefix(protocol, []byte("HTTP/1.")) {
		return nil, head, fmt.Errorf("not a status line: %q", line)
	}
	response := &Response{Status: status, closing: string(protocol) == "HTTP/1.0"}
	framing := framing{length: -1}
	for head = head[:0]; ; {
		if line, err = readLine(r); err != nil {
			return nil, head, err
		}
		if len(line) == 0 {
			break
		}
		head = append(append(head, line...), '\n')
		if err := framing.parse(line); err != nil {
			return nil, head, err
		}
	}
	response.head = string(head)
	response.closing = response.closing || framing.closing
	return response, head, response.readBody(r, method, framing.length, framing.chunked, body)
}

// framing tells where the body ends.
type framing struct {
	length           int // -1: no Content-Length
	chunked, closing bool
}

func (f *framing) parse(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		if f.length, err = strconv.Atoi(string(value)); err != nil || f.length < 0 {
			return fmt.Errorf("not a content length: %q", value)
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		f.chunked = bytes.EqualFold(value, []byte("chunked"))
	case bytes.EqualFold(name, []byte("Connection")):
		f.closing = bytes.EqualFold(value, []byte("close"))
	}
	return nil
}

func (r *Response) readBody(from *bufio.Reader, method string, length int, chunked bool, buffer []byte) (err error) {
	switch {
	case method == "HEAD" || r.Status == 204 || r.Status == 304:
	case chunked:
		r.Body, err = readChunks(from)
	case length > bodyMaxBytes:
		return errors.New("the body is too long")
	case length >= 0:
		if r.Body = buffer[:0]; cap(buffer) < length {
			r.Body = make([]byte, length)
		}
		r.Body = r.Body[:length]
		_, err = io.ReadFull(from, r.Body)
	default: // the body ends with the connection
		r.closing = true
		r.Body, err = io.ReadAll(io.LimitReader(from, bodyMaxBytes))
	}
	return err
}

func readChunks(from *bufio.Reader) (body []byte, err error) {
	for {
		line, err := readLine(from)
		if err != nil {
			return nil, err
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(digits), 16, 31)
		if err != nil || len(body)+int(size) > bodyMaxBytes {
			return nil, fmt.Errorf("not a chunk size: %q", line)
		}
		at := len(body)
		body = append(body, make([]byte, size+2)...) // the chunk and its line end
		if _, err := io.ReadFull(from, body[at:]); err != nil {
			return nil, err
		}
		body = body[:at+int(size)]
		if size == 0 {
			return body, nil // Eventra sends no trailers
		}
	}
}

// readLine returns a line without its line end. It is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
