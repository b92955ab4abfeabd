package contract

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// request makes the request of one case. It depends on the random numbers and the world
// alone.
func (m *maker) request(name string) *Request {
	r := &Request{Case: name, Op: m.op, Method: m.op.Method, Framing: framedByLength, Caller: m.caller()}
	spoil := !chance(m.Rand, 4)
	session := pick(m.Rand, m.world.Sessions)
	if token := m.world.Tokens[r.Caller]; token != "" && m.op.ID == "logout" && r.Caller != "ended" {
		r.Headers = append(r.Headers, "Authorization: Bearer "+session.Access)
	} else if token != "" {
		r.Headers = append(r.Headers, "Authorization: Bearer "+token)
	}
	r.Target = m.target(r, spoil)
	m.body(r, session, spoil)
	m.headers(r, spoil)
	if spoil && chance(m.Rand, 12) {
		m.odd(r)
	}
	return r
}

// caller prefers those who may call.
func (m *maker) caller() string {
	likely := "user"
	if m.op.Admin() {
		likely = "admin"
	}
	if chance(m.Rand, 3) {
		return pick(m.Rand, []string{"nobody", "user", "other", "admin", "ended"})
	}
	return likely
}

// Admin reports whether only administrators may call.
func (op *Operation) Admin() bool { return op.admins }

// target makes the path and the query.
func (m *maker) target(r *Request, spoil bool) string {
	path, query := m.op.Path, []string{}
	for _, p := range m.op.parameters {
		switch p.in {
		case "path":
			value := url.PathEscape(m.parameter(p))
			if spoil && chance(m.Rand, 8) {
				value = m.strangePath()
				r.Odd = true
			}
			path = strings.Replace(path, "{"+p.name+"}", value, 1)
		case "query":
			if !p.required && !chance(m.Rand, 3) {
				continue
			}
			value := escapeQuery(m.parameter(p))
			if spoil && chance(m.Rand, 3) {
				r.Spoilt = true
				value = pick(m.Rand, []string{escapeQuery(word(m.Rand)), escapeQuery(pick(m.Rand, numbers)), escapeQuery(pick(m.Rand, times)), "%", "%zz", "%ff", "%00", "%ED%A0%80", ""})
			}
			query = append(query, p.name+"="+value)
		}
	}
	if spoil && chance(m.Rand, 12) {
		r.Spoilt = true
		query = append(query, pick(m.Rand, []string{"&", "=", "unknown=1", "limit", "limit[]=1", "a=b;c=d", "%6Cimit=5", "?", strings.Repeat("a=1&", 1000), escapeQuery(word(m.Rand)) + "=1"}))
	}
	if len(query) > 0 && spoil && chance(m.Rand, 8) {
		r.Spoilt = true
		query = append(query, query[0])
	}
	if len(query) == 0 {
		return path
	}
	target := path + "?" + strings.Join(query, "&")
	if len(target) > 12<<10 { // with the headers over their limit
		r.Odd = true
	}
	return target
}

// parameter makes a text that the parameter's schema accepts.
func (m *maker) parameter(p parameter) string {
	var text string
	written := m.value(p.schema.node, p.name, 0).leaf
	if json.Unmarshal([]byte(written), &text) != nil {
		return written
	}
	return text
}

func (m *maker) strangePath() string {
	return pick(m.Rand, []string{
		"nonsense", "%00", "%2e%2e", "..", ".", "%2F", "%ff", "\xff\xfe", "ü", "%C3%BC", "a%20b", "a;b=c", "%25", "%zz", "", "*", strings.Repeat("a", 3000), strings.Repeat("%41", 2000),
		strings.ToUpper(pick(m.Rand, m.world.Events)), "{" + pick(m.Rand, m.world.Events) + "}", "urn:uuid:" + pick(m.Rand, m.world.Events),
		strings.ReplaceAll(pick(m.Rand, m.world.Events), "-", ""), pick(m.Rand, m.world.Events) + "%20", pick(m.Rand, m.world.Events) + "/", "00000000-0000-0000-0000-000000000000",
		url.PathEscape(word(m.Rand)),
	})
}

// body makes the body, and its media type.
func (m *maker) body(r *Request, session Session, spoil bool) {
	if len(m.op.bodies) == 0 {
		if spoil && chance(m.Rand, 6) {
			r.Spoilt = true
			r.Body = pick(m.Rand, [][]byte{[]byte("{}"), []byte(`{"a":1}`), []byte("x"), []byte("\x00"), []byte(strings.Repeat("x", 70_000))})
			r.Headers = append(r.Headers, "Content-Type: application/json")
		}
		return
	}
	media := pick(m.Rand, sortedKeys(m.op.bodies))
	s := m.op.bodies[media]
	value := m.value(s.node, "", 0)
	for i, name := range value.names {
		if strings.HasSuffix(name, `Token"`) {
			value.members[i] = leaf(text(session.Refresh))
		}
	}
	if spoil && chance(m.Rand, 2) {
		r.Spoilt = true
		for range 1 + m.IntN(2) {
			m.spoil(value)
		}
	}
	r.Body = value.append(nil)
	if spoil && chance(m.Rand, 8) {
		r.Spoilt = true
		r.Body = m.spoilText(r.Body)
	}
	if spoil && chance(m.Rand, 12) {
		r.Spoilt = true
		media = pick(m.Rand, []string{"", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json;", "application/JSON",
			"application/json; charset=utf-8", `application/json; charset="UTF-8"`, "application/json; charset=utf-16", "application/json;charset", "json", "*/*", "a/b/c", "application/problem+json",
			"\xff", strings.Repeat("a", 5000)})
	}
	if media != "" {
		r.Headers = append(r.Headers, "Content-Type: "+media)
	}
}

// spoilText changes the text of a body.
func (m *maker) spoilText(body []byte) []byte {
	switch m.IntN(8) {
	case 0:
		return nil
	case 1:
		return body[:m.IntN(len(body)+1)]
	case 2:
		return append(body, pick(m.Rand, []string{"{}", "x", "\x00", ",", "null", " \r\n\t"})...)
	case 3:
		return append([]byte(pick(m.Rand, []string{"\ufeff", "\xff\xfe", " ", "\x00", "//\n", ")]}',\n"})), body...)
	case 4:
		at := m.IntN(len(body) + 1)
		return slices.Insert(slices.Clone(body), at, byte(m.IntN(256)))
	case 5:
		return append(body, strings.Repeat(" ", pick(m.Rand, []int{4096, 64 << 10, 70_000}))...)
	case 6:
		return []byte(scrap(m.Rand))
	}
	random := make([]byte, m.IntN(200))
	for i := range random {
		random[i] = byte(m.IntN(256))
	}
	return random
}

// headers adds those that the document has, and others.
func (m *maker) headers(r *Request, spoil bool) {
	for _, p := range m.op.parameters {
		if p.in != "header" || chance(m.Rand, 2) {
			continue
		}
		value := pick(m.Rand, m.world.Keys)
		switch {
		case p.name == "Idempotency-Key" && chance(m.Rand, 2):
			value = "key-" + digits(m.Rand)
		case p.name == "Last-Event-ID":
			value = strconv.Itoa(m.IntN(5))
		case strings.HasPrefix(p.name, "If-"):
			value = pick(m.Rand, []string{`"1"`, `"2"`, `"0-180"`, "*", `W/"1"`, `"1", "2"`, `"3"`})
		}
		if spoil && chance(m.Rand, 3) {
			r.Spoilt = true
			value = m.headerValue()
		}
		r.Headers = append(r.Headers, p.name+": "+value)
		if spoil && chance(m.Rand, 12) {
			r.Spoilt = true
			r.Headers = append(r.Headers, p.name+": "+m.headerValue())
		}
	}
	if chance(m.Rand, 4) {
		r.Headers = append(r.Headers, "X-Request-Id: "+pick(m.Rand, []string{"my-request-" + digits(m.Rand), m.headerValue()}))
	}
	if chance(m.Rand, 4) {
		r.Headers = append(r.Headers, "Accept-Encoding: "+pick(m.Rand, []string{"gzip", "br", "gzip, br", "identity", "*", "gzip;q=0", "br;q=0.5, gzip;q=1", "zstd", "", ";", m.headerValue()}))
	}
	if spoil && chance(m.Rand, 8) {
		r.Spoilt = true
		r.Headers = append(r.Headers, pick(m.Rand, []string{
			"Accept: text/html", "Accept: " + m.headerValue(), "Content-Encoding: gzip", "Content-Encoding: identity", "Range: bytes=0-1", "If-Modified-Since: yesterday",
			"If-None-Match: " + m.headerValue(), "Expect: 100-continue", "X-HTTP-Method-Override: DELETE", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /evil",
			"Origin: https://evil.example", "Cookie: a=b; c", "Connection: close", "Connection: keep-alive, Upgrade", "Upgrade: h2c", "Authorization: Basic YTpi", "Authorization: Bearer ",
			"Authorization: bearer nonsense", "Authorization: " + m.headerValue(), "User-Agent: " + m.headerValue(), "TE: trailers", "Trailer: X", "Eventra-Body-Too-Long: 1", "Content-Type: text/plain",
			"X-" + strings.Repeat("a", 300) + ": 1", "Accept-Language: " + word2(m.Rand),
		}))
	}
}

// headerValue is without line breaks, which would be other headers.
func (m *maker) headerValue() string {
	return pick(m.Rand, []string{"", " ", "a", `"`, `"a`, `W/"a"`, "*", "a,b", "ü", "\xff", "\x01", "\t", "a b", strings.Repeat("k", 128), strings.Repeat("k", 129), strings.Repeat("k", 255),
		strings.Repeat("k", 256), strings.Repeat("k", 5000), pick(m.Rand, numbers), word2(m.Rand)})
}

func word2(r *rand.Rand) string {
	return strings.Map(func(c rune) rune {
		if c == '\r' || c == '\n' || c == 0 {
			return -1
		}
		return c
	}, word(r))
}

// odd makes it a request that the document does not know.
func (m *maker) odd(r *Request) {
	r.Odd = true
	switch m.IntN(6) {
	case 0:
		r.Method = pick(m.Rand, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "GET\x00", "M-SEARCH", strings.Repeat("A", 300), "PRI", ""})
	case 1:
		r.Target = pick(m.Rand, []string{
			r.Target + "/", "/" + r.Target, strings.ToUpper(r.Target), "/api/v1/../v1" + strings.TrimPrefix(r.Target, "/api/v1"), strings.ReplaceAll(r.Target, "/", "//"), "http://other.example" + r.Target,
			r.Target + "#fragment", r.Target + "%00", "*", "/", "", "/favicon.ico", "/api/v1/nothing", "//", "/%2e%2e/%2e%2e/etc/passwd", "/api-docs/..%2f..%2fetc/passwd", "/api-docs/doc.json",
			"/api-docs/" + url.PathEscape(word(m.Rand)), strings.Repeat("/a", 3000), "\xff", "/\x00", "/a b", r.Target + "?", strings.ReplaceAll(r.Target, "/", "%2f"), "?", "relative", "/api-docs/index.html",
		})
	case 2:
		r.Headers = append(r.Headers, pick(m.Rand, []string{"X: " + strings.Repeat("a", 17<<10), "no colon", ": empty", "X Y: 1", "X\x00: 1", "X: a\x00b", "X: a\rb", "\x7f: 1", "ü: 1", "Transfer-Encoding: gzip",
			"Transfer-Encoding: chunked, identity", "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 1, 1", "Connection: Content-Length", "Host: a b"}))
	default:
		r.Framing = pick(m.Rand, oddFramings)
	}
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
