package admission

import (
	"bytes"
	"net"
)

// firstBytesMax of each request are kept, so that the answer to one that could not be read
// can say what it asked for.
const firstBytesMax = 256

// remember keeps the first bytes of a request.
func (c *Conn) remember(b []byte) {
	if room := firstBytesMax - len(c.first); room > 0 {
		c.first = append(c.first, b[:min(room, len(b))]...)
	}
}

// Target returns the target of the request that a connection is reading, as far as it has
// arrived and is kept. It returns "" before there is one, and for a request that came in one
// read with the end of another.
func Target(conn net.Conn) string {
	c, ok := conn.(*Conn)
	if !ok {
		return ""
	}
	line, _, _ := bytes.Cut(c.first, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	method, target, _ := bytes.Cut(line, []byte(" "))
	target, _, _ = bytes.Cut(target, []byte(" "))
	if !isMethod(method) || !bytes.HasPrefix(target, []byte("/")) {
		return ""
	}
	return string(target)
}

// isMethod reports whether all bytes are letters.
func isMethod(b []byte) bool {
	for _, letter := range b {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return false
		}
	}
	return len(b) > 0
}
