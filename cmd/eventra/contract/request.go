package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Request is one request as it goes over the wire.
type Request struct {
	Case    string // names it, with the seed
	Op      *Operation
	Caller  string
	Method  string
	Target  string
	Headers []string // "Name: value"
	Body    []byte
	Framing framing
	Spoilt  bool // not as the document describes requests
	Odd     bool // perhaps not even a request to the operation
}

// framing is how a request says where it ends.
type framing string

const (
	framedByLength framing = "length"
	framedByChunks framing = "chunks"
	framedByBoth   framing = "length and chunks"
	framedTwice    framing = "two lengths"
	framedShort    framing = "fewer bytes than announced"
	framedBareLF   framing = "bare LF"
	framedBySpace  framing = "space before the colon"
	framedNoHost   framing = "no host"
	framedTwoHosts framing = "two hosts"
	framedOld      framing = "HTTP/1.0"
	framedNewer    framing = "HTTP/3.7"
	framedWrong    framing = "a length that is no number"
	framedFolded   framing = "a folded header"
)

var oddFramings = []framing{framedByChunks, framedByBoth, framedTwice, framedShort, framedBareLF, framedBySpace, framedNoHost, framedTwoHosts,
	framedOld, framedNewer, framedWrong, framedFolded}

// wire is the request's bytes.
func (r *Request) wire(host string) []byte {
	var b bytes.Buffer
	version, end := "HTTP/1.1", "\r\n"
	switch r.Framing {
	case framedOld:
		version = "HTTP/1.0"
	case framedNewer:
		version = "HTTP/3.7"
	case framedBareLF:
		end = "\n"
	}
	line := func(text string) { b.WriteString(text + end) }
	line(r.Method + " " + r.Target + " " + version)
	if r.Framing != framedNoHost {
		line("Host: " + host)
	}
	if r.Framing == framedTwoHosts {
		line("Host: other.example")
	}
	for _, header := range r.Headers {
		line(header)
	}
	length := "Content-Length: " + strconv.Itoa(len(r.Body))
	switch r.Framing {
	case framedByChunks:
		line("Transfer-Encoding: chunked")
	case framedByBoth:
		line(length)
		line("Transfer-Encoding: chunked")
	case framedTwice:
		line(length)
		line("Content-Length: " + strconv.Itoa(len(r.Body)+1))
	case framedShort:
		line("Content-Length: " + strconv.Itoa(len(r.Body)+7))
	case framedBySpace:
		line("Content-Length : " + strconv.Itoa(len(r.Body)))
	case framedWrong:
		line("Content-Length: +" + strconv.Itoa(len(r.Body)))
	case framedFolded:
		line("X-Folded: a" + end + " b")
		line(length)
	default:
		if len(r.Body) > 0 || r.Method != "GET" && r.Method != "HEAD" && r.Method != "DELETE" {
			line(length)
		}
	}
	b.WriteString(end)
	if r.Framing != framedByChunks && r.Framing != framedByBoth {
		b.Write(r.Body)
		return b.Bytes()
	}
	for rest := r.Body; len(rest) > 0; {
		n := min(len(rest), 1000)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

// path is the target without its query.
func (r *Request) path() string {
	path, _, _ := strings.Cut(r.Target, "?")
	return path
}

// header returns the value of the only header of a name.
func (r *Request) header(name string) (value string, count int) {
	for _, header := range r.Headers {
		if key, v, _ := strings.Cut(header, ":"); strings.EqualFold(key, name) {
			value = strings.Trim(v, " \t")
			count++
		}
	}
	return value, count
}

var token = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)

// String is a command that sends the request from a shell.
func (r *Request) String() string {
	if r.Framing != framedByLength {
		return fmt.Sprintf("printf %s | nc HOST # %s, %s", shell(string(r.wire("HOST"))), r.Framing, r.Case)
	}
	words := []string{"curl -i --path-as-is -X", shell(r.Method)}
	for _, header := range r.Headers {
		words = append(words, "-H", shell(token.ReplaceAllString(header, "TOKEN")))
	}
	if len(r.Body) > 0 {
		words = append(words, "--data-binary", shell(string(r.Body)))
	}
	return strings.Join(append(words, shell("http://HOST"+r.Target), "#", r.Case), " ")
}

// shell quotes a text for bash. A long one is cut.
func shell(text string) string {
	const most = 2000
	if len(text) > most {
		text = text[:most] + fmt.Sprintf("… (%d bytes)", len(text))
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

func marshal(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // cannot happen: the values come from a JSON document
	}
	return encoded
}

func escapeQuery(text string) string { return url.QueryEscape(text) }
