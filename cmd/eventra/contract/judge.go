package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pb33f/jsonschema/v6"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	problemURN  = "urn:eventra:problem:"
)

// notFound is the problem of a path that no operation has.
const notFound = "not_found"

// judge returns what is wrong with an answer.
func (d *Document) judge(r *Request, a *Answer) (faults []string) {
	fault := func(format string, values ...any) { faults = append(faults, fmt.Sprintf(format, values...)) }
	switch {
	case a.Late:
		return []string{"no answer in time"}
	case a.Broken != "":
		return []string{"an answer that cannot be read: " + a.Broken}
	case a.Status == 0 && r.Odd:
		return nil
	case a.Status == 0:
		return []string{"the connection ends without an answer"}
	case a.Rest > 0 && !r.Odd:
		fault("bytes after the answer")
	}
	if a.Status >= 500 && a.Status != 503 {
		return append(faults, fmt.Sprintf("status %d", a.Status))
	}
	faults = append(faults, d.judgeHeaders(r, a)...)
	if a.Status >= 400 {
		return append(faults, d.judgeProblem(r, a)...)
	}
	op := r.Op
	if r.Odd {
		if op = d.find(r.Method, plain(r.path())); op == nil {
			op = r.Op // perhaps by another spelling
		}
		if slices.Contains(pages, plain(r.path())) || strings.Contains(r.Target, "/api-docs") {
			return faults
		}
	}
	documented := op.responses[a.Status]
	if documented == nil {
		fault("status %d is not documented", a.Status)
		return faults
	}
	faults = append(faults, judgeContent(r, a, documented)...)
	faults = append(faults, judgeDocumentedHeaders(a, documented)...)
	if a.Status < 300 {
		faults = append(faults, op.judgeAccepted(r)...)
	}
	return faults
}

// pages are for people and in no document.
var pages = []string{"", "/", "//", "/favicon.ico"}

// plain is the path of a target that may be a whole address.
func plain(target string) string {
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		return u.EscapedPath()
	}
	return target
}

func judgeContent(r *Request, a *Answer, documented *response) (faults []string) {
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	s := documented.contents[media]
	switch {
	case len(documented.contents) == 0 || a.Status == 204 || a.Status == 304:
		if len(a.Body) > 0 {
			return []string{fmt.Sprintf("status %d has a body", a.Status)}
		}
	case r.Method == "HEAD":
		if len(a.Body) > 0 {
			return []string{"a body for HEAD"}
		}
	case s == nil:
		return []string{fmt.Sprintf("status %d has the media type %q", a.Status, media)}
	case media == eventStream && len(a.Body) > 0:
		return judgeEvent(a.Body)
	case media == eventStream:
	case media == jsonType || media == problemType:
		if err := s.valid(a.Body); err != nil {
			return []string{fmt.Sprintf("status %d has a body that does not fit its schema: %s", a.Status, short(err))}
		}
	}
	return nil
}

// judgeEvent judges the first event of a stream, if there was one.
func judgeEvent(event []byte) []string {
	_, data, changed := bytes.Cut(event, []byte("data: "))
	data, _, _ = bytes.Cut(data, []byte("\n"))
	if changed && !json.Valid(data) {
		return []string{"an event without JSON"}
	}
	return nil
}

// judgeProblem judges an answer that is no success.
func (d *Document) judgeProblem(r *Request, a *Answer) (faults []string) {
	fault := func(format string, values ...any) { faults = append(faults, fmt.Sprintf(format, values...)) }
	if media := a.Header.Get("Content-Type"); media != problemType {
		return []string{fmt.Sprintf("status %d has the media type %q", a.Status, media)}
	}
	var p struct{ Type, Title, Code, Instance, RequestID, Detail string }
	var status struct{ Status int }
	if r.Method == "HEAD" {
		return nil
	}
	if json.Unmarshal(a.Body, &p) != nil || json.Unmarshal(a.Body, &status) != nil {
		return []string{fmt.Sprintf("status %d has a body that is no problem", a.Status)}
	}
	ops := []*Operation{r.Op}
	var known []string
	if r.Odd {
		ops = append(ops, d.find(r.Method, plain(r.path())))
		if a.Status == 404 {
			known = append(known, notFound)
		}
	}
	for _, op := range ops {
		if op != nil && op.responses[a.Status] != nil {
			known = append(known, op.responses[a.Status].codes...)
			if s := op.responses[a.Status].contents[problemType]; s == nil {
				fault("status %d is documented without a problem", a.Status)
			} else if err := s.valid(a.Body); err != nil {
				fault("status %d has a body that does not fit its schema: %s", a.Status, short(err))
			}
		}
	}
	if !slices.Contains(known, p.Code) {
		fault("status %d with code %s is not documented", a.Status, p.Code)
	}
	if status.Status != a.Status || p.Type != problemURN+p.Code || p.RequestID != a.Header.Get("X-Request-Id") && a.Header.Get("Idempotency-Replayed") == "" || p.Title == "" || p.Detail == "" {
		fault("status %d: the problem %s contradicts the answer", a.Status, p.Code)
	}
	if !r.Odd && a.Header.Get("Idempotency-Replayed") == "" && !unreadable(p.Code) && p.Instance != strings.ToValidUTF8(r.path(), "\ufffd") {
		fault("status %d: the problem's instance is %q", a.Status, p.Instance)
	}
	if a.Status == 400 && p.Code == "malformed_body" && !r.Odd && r.Op.accepts(r) {
		fault("malformed_body for a body that the document allows: %s", p.Detail)
	}
	return faults
}

// unreadable reports whether a code says that not even the request line was understood.
func unreadable(code string) bool {
	return code == "malformed_request" || code == "headers_too_large" || code == "request_timeout"
}

var positive = regexp.MustCompile(`^[1-9][0-9]*$`)

// judgeHeaders judges what all answers have in common.
func (d *Document) judgeHeaders(r *Request, a *Answer) (faults []string) {
	id := a.Header.Get("X-Request-Id")
	if given, n := r.header("X-Request-Id"); n == 1 && visible.MatchString(given) && id != given && !r.Odd && a.Status != 400 && a.Status != 431 {
		faults = append(faults, "the request's id is not repeated")
	}
	if !visible.MatchString(id) {
		faults = append(faults, "no X-Request-Id")
	}
	for status, header := range map[int]string{401: "Www-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"} {
		if a.Status == status && a.Header.Get(header) == "" {
			faults = append(faults, fmt.Sprintf("status %d without %s", status, header))
		}
	}
	if after := a.Header.Get("Retry-After"); after != "" && !positive.MatchString(after) {
		faults = append(faults, "Retry-After is "+after)
	}
	return faults
}

var (
	visible = regexp.MustCompile(`^[!-~]{1,128}$`)
	strong  = regexp.MustCompile(`^"[!#-~]*"$`)
)

func judgeDocumentedHeaders(a *Answer, documented *response) (faults []string) {
	for name, s := range documented.headers {
		value := a.Header.Get(name)
		switch {
		case value == "" && name == "ETag" && a.Header.Get("Idempotency-Replayed") != "": // the event may have changed
		case value == "" && (name == "Location" || name == "ETag"):
			faults = append(faults, fmt.Sprintf("status %d without %s", a.Status, name))
		case value == "":
		case name == "ETag" && !strong.MatchString(value):
			faults = append(faults, "ETag is "+value)
		case !fits(s, value):
			faults = append(faults, fmt.Sprintf("%s is %q", name, value))
		}
	}
	return faults
}

// fits reports whether the text of a header or parameter fits a schema.
func fits(s *schema, value string) bool {
	if kind := s.node["type"]; kind == "integer" || kind == "number" || kind == "boolean" {
		return s.valid([]byte(value)) == nil
	}
	return s.valid(marshal(value)) == nil
}

// accepts reports whether the document allows the body of a request.
func (op *Operation) accepts(r *Request) bool {
	s := op.bodies[jsonType]
	if s == nil {
		return len(r.Body) == 0
	}
	if op.bodyOptional && slices.Contains([]string{"", "null"}, string(bytes.TrimSpace(r.Body))) {
		return true
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(r.Body)) // strict: no repeated names, no wrong UTF-8
	if _, err := decoder.ReadValue(); err != nil {
		return false
	}
	return s.valid(r.Body) == nil && !fractional.Match(r.Body)
}

// fractional finds numbers that are whole for JSON Schema, such as 1.0 and 10e-1, and not for
// the service.
var fractional = regexp.MustCompile(`[0-9][.eE][-+0-9]`)

// judgeAccepted returns what a successful request had that the document forbids.
func (op *Operation) judgeAccepted(r *Request) (faults []string) {
	if len(op.bodies) > 0 && !op.accepts(r) {
		if err := op.bodies[jsonType].check.Validate(asRead(r.Body)); err != nil {
			faults = append(faults, "success for a body that the document forbids: "+short(err))
		}
	}
	target, _, _ := strings.Cut(r.Target, "#")
	_, query, _ := strings.Cut(target, "?")
	values, _ := url.ParseQuery(query) // as far as it can be
	for _, p := range op.parameters {
		if given := values[p.name]; p.in == "query" && len(given) == 1 && given[0] != "" && !fits(p.schema, given[0]) {
			faults = append(faults, "success for a parameter that the document forbids: "+p.name+"="+strconv.Quote(given[0]))
		}
		if given, n := r.header(p.name); p.in == "header" && n == 1 && !fits(p.schema, given) {
			faults = append(faults, "success for a header that the document forbids: "+p.name)
		}
	}
	return faults
}

// asRead decodes a body as the service reads it: a field that is null counts as left out, and
// white space around a text does not count.
func asRead(body []byte) any {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	return strip(value)
}

func strip(value any) any {
	switch value := value.(type) {
	case string:
		return strings.TrimSpace(value)
	case []any:
		for i := range value {
			value[i] = strip(value[i])
		}
	case object:
		for key, member := range value {
			if member == nil {
				delete(value, key)
			} else {
				value[key] = strip(member)
			}
		}
	}
	return value
}

// short is the last line of an error, which is the most specific one.
func short(err error) string {
	if err == nil {
		return "none"
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return lines[len(lines)-1]
}
