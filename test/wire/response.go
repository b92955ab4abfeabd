package wire

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

// Response is a whole answer.
type Response struct {
	Status int
	Body   []byte

	head string // the header's lines
	last bool   // the server closes the connection after it
}

// Fields gives the header's fields in turn.
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

// Get returns the first value of a field; names are compared without case.
func (r *Response) Get(name string) string {
	for field, value := range r.Fields() {
		if strings.EqualFold(field, name) {
			return value
		}
	}
	return ""
}

// bodyMaxBytes is far above the largest seat map.
const bodyMaxBytes = 64 << 20

// readResponse reads an answer; head is memory to be used again.
func readResponse(r *bufio.Reader, method string, head []byte) (*Response, []byte, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, head, err
	}
	protocol, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || !bytes.HasPrefix(protocol, []byte("HTTP/1.")) {
		return nil, head, fmt.Errorf("no status line: %q", line)
	}
	answer := &Response{Status: status, last: string(protocol) == "HTTP/1.0"}
	framing := framing{length: -1}
	for head = head[:0]; ; {
		if line, err = readLine(r); err != nil {
			return nil, head, err
		}
		if len(line) == 0 {
			break
		}
		head = append(append(head, line...), '\n')
		if err := framing.note(line); err != nil {
			return nil, head, err
		}
	}
	answer.head = string(head)
	answer.last = answer.last || framing.last
	return answer, head, answer.readBody(r, method, framing.length, framing.chunked)
}

// framing is what the header says of where the answer ends.
type framing struct {
	length        int // -1: not said
	chunked, last bool
}

func (f *framing) note(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		if f.length, err = strconv.Atoi(string(value)); err != nil || f.length < 0 {
			return fmt.Errorf("no length: %q", value)
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		f.chunked = bytes.EqualFold(value, []byte("chunked"))
	case bytes.EqualFold(name, []byte("Connection")):
		f.last = bytes.EqualFold(value, []byte("close"))
	}
	return nil
}

func (r *Response) readBody(from *bufio.Reader, method string, length int, chunked bool) (err error) {
	switch {
	case method == "HEAD" || r.Status == 204 || r.Status == 304:
	case chunked:
		r.Body, err = readChunks(from)
	case length > bodyMaxBytes:
		return errors.New("the body is too long")
	case length >= 0:
		r.Body = make([]byte, length)
		_, err = io.ReadFull(from, r.Body)
	default: // until the connection ends
		r.last = true
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
			return nil, fmt.Errorf("no size of a chunk: %q", line)
		}
		at := len(body)
		body = append(body, make([]byte, size+2)...) // with the line end after it
		if _, err := io.ReadFull(from, body[at:]); err != nil {
			return nil, err
		}
		body = body[:at+int(size)]
		if size == 0 {
			return body, nil // the servers here send no trailers
		}
	}
}

// readLine returns a line without its end; it is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
