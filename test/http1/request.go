// Package http1 is an HTTP/1.1 client without retries: one attempt on one
// connection, and each error says whether the server may have executed the
// request. It costs little CPU, so that a load generator leaves the machine to
// the servers that it measures.
package http1

import (
	"bufio"
	"strconv"
)

// Request is an HTTP request. Header holds whole fields such as "Accept: */*";
// Do adds Host and Content-Length.
type Request struct {
	Method string
	Path   string
	Header []string
	Body   []byte
}

func (r *Request) write(w *bufio.Writer, host string) error {
	for _, part := range []string{r.Method, " ", r.Path, " HTTP/1.1\r\nHost: ", host, "\r\n"} {
		_, _ = w.WriteString(part) // Flush returns bufio's first error
	}
	for _, field := range r.Header {
		_, _ = w.WriteString(field)
		_, _ = w.WriteString("\r\n")
	}
	if len(r.Body) > 0 || r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
		var digits [20]byte
		_, _ = w.WriteString("Content-Length: ")
		_, _ = w.Write(strconv.AppendInt(digits[:0], int64(len(r.Body)), 10))
		_, _ = w.WriteString("\r\n")
	}
	_, _ = w.WriteString("\r\n")
	_, _ = w.Write(r.Body)
	return w.Flush()
}
