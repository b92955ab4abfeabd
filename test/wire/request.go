// Package wire speaks HTTP/1.1 over connections that the caller can see: one
// attempt on one connection, never repeated behind the caller's back, and each
// failure says whether the request may have been carried out. It is also lean,
// so that a load generator on the same machine leaves the CPUs to the servers.
package wire

import (
	"bufio"
	"strconv"
)

// Request is one request. Header holds whole fields such as "Accept: */*";
// Host and Content-Length are added.
type Request struct {
	Method string
	Path   string
	Header []string
	Body   []byte
}

func (r *Request) write(w *bufio.Writer, host string) error {
	for _, part := range []string{r.Method, " ", r.Path, " HTTP/1.1\r\nHost: ", host, "\r\n"} {
		_, _ = w.WriteString(part) // bufio keeps its first error for Flush
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
