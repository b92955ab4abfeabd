// Package contract tries an HTTP service against its OpenAPI document: it makes valid and
// invalid requests for each operation, sends them, and judges each answer by the document.
package contract

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pb33f/jsonschema/v6"
)

// Document is an OpenAPI 3.1 document whose schemas are compiled.
type Document struct {
	Operations []*Operation
	root       object
	compiler   *jsonschema.Compiler
}

// Operation is one operation of a [Document].
type Operation struct {
	ID, Method, Path string
	parameters       []parameter
	bodies           map[string]*schema // by media type
	bodyOptional     bool
	responses        map[int]*response
	admins           bool // alone may call, apart from API keys
	target           *regexp.Regexp
}

type parameter struct {
	name, in string
	required bool
	schema   *schema
}

// response is what the document says about one status.
type response struct {
	codes    []string // of problems
	contents map[string]*schema
	headers  map[string]*schema
}

// schema is a JSON schema, as it is written and as it judges.
type schema struct {
	node  object
	check *jsonschema.Schema
	seen  sync.Map // hashes of long texts that are valid
}

type object = map[string]any

// longText is worth remembering.
const longText = 8 << 10

const resource = "urn:document"

// Read compiles a document.
func Read(text []byte) (*Document, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &Document{root: root.(object), compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(resource, root); err != nil {
		return nil, err
	}
	paths := d.root["paths"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for method, operation := range paths[path].(object) {
			pointer := "/paths/" + escape(path) + "/" + method
			op, err := d.operation(strings.ToUpper(method), path, pointer, operation.(object))
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			d.Operations = append(d.Operations, op)
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int { // those that make nothing come first
		return cmp.Or(cmp.Compare(min(1, len(a.bodies)), min(1, len(b.bodies))), strings.Compare(a.Method, b.Method), strings.Compare(a.ID, b.ID))
	})
	return d, nil
}

func escape(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

func (d *Document) operation(method, path, pointer string, node object) (op *Operation, err error) {
	op = &Operation{ID: node["operationId"].(string), Method: method, Path: path, bodies: map[string]*schema{}, responses: map[int]*response{}}
	op.target = regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/?#]+") + "$")
	for i := range list(node["parameters"]) {
		at, p := d.resolve(pointer + "/parameters/" + strconv.Itoa(i))
		required, _ := p["required"].(bool)
		s, err := d.schema(at + "/schema")
		if err != nil {
			return nil, err
		}
		op.parameters = append(op.parameters, parameter{p["name"].(string), p["in"].(string), required, s})
	}
	if node["requestBody"] != nil {
		at, body := d.resolve(pointer + "/requestBody")
		required, _ := body["required"].(bool)
		op.bodyOptional = !required
		if op.bodies, err = d.contents(at, body); err != nil {
			return nil, err
		}
	}
	for status := range node["responses"].(object) {
		code, err := strconv.Atoi(status)
		if err != nil {
			return nil, err
		}
		if op.responses[code], err = d.response(pointer + "/responses/" + status); err != nil {
			return nil, err
		}
	}
	_, forbidden := d.resolve(pointer + "/responses/403")
	description, _ := forbidden["description"].(string)
	op.admins = strings.Contains(description, "role ADMIN")
	return op, nil
}

func (d *Document) response(pointer string) (r *response, err error) {
	at, node := d.resolve(pointer)
	r = &response{headers: map[string]*schema{}}
	if r.contents, err = d.contents(at, node); err != nil {
		return nil, err
	}
	headers, _ := node["headers"].(object)
	for name := range headers {
		at, _ := d.resolve(at + "/headers/" + escape(name))
		if r.headers[name], err = d.schema(at + "/schema"); err != nil {
			return nil, err
		}
	}
	if problem, ok := r.contents[problemType]; ok && problem != nil { // each of its examples has the name of a code
		_, content := d.resolve(at + "/content/" + escape(problemType))
		examples, _ := content["examples"].(object)
		r.codes = sortedKeys(examples)
	}
	return r, nil
}

func (d *Document) contents(at string, node object) (map[string]*schema, error) {
	contents := map[string]*schema{}
	content, _ := node["content"].(object)
	for media := range content {
		s, err := d.schema(at + "/content/" + escape(media) + "/schema")
		if err != nil {
			return nil, err
		}
		contents[media] = s
	}
	return contents, nil
}

func (d *Document) schema(pointer string) (*schema, error) {
	check, err := d.compiler.Compile(resource + "#" + pointer)
	if err != nil {
		return nil, err
	}
	_, node := d.resolve(pointer)
	return &schema{node: node, check: check}, nil
}

// resolve follows references. It returns where they lead, too.
func (d *Document) resolve(pointer string) (at string, node object) {
	var value any = d.root
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch parent := value.(type) {
		case object:
			value = parent[token]
		case []any:
			i, _ := strconv.Atoi(token)
			value = parent[i]
		}
	}
	node, _ = value.(object)
	if ref, ok := node["$ref"].(string); ok {
		return d.resolve(strings.TrimPrefix(ref, "#"))
	}
	return pointer, node
}

// follow returns the schema that a node is or refers to.
func (d *Document) follow(node object) object {
	if ref, ok := node["$ref"].(string); ok {
		_, node = d.resolve(strings.TrimPrefix(ref, "#"))
	}
	return node
}

// find returns the operation that a request line asks for, or nil.
func (d *Document) find(method, path string) *Operation {
	for _, op := range d.Operations {
		if (op.Method == method || op.Method == "GET" && method == "HEAD") && op.target.MatchString(path) {
			return op
		}
	}
	return nil
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// valid reports whether a text is JSON that the schema accepts.
func (s *schema) valid(text []byte) error {
	hash := sha256.Sum256(text)
	if _, seen := s.seen.Load(hash); seen {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = s.check.Validate(value)
	}
	if err == nil && len(text) > longText {
		s.seen.Store(hash, true)
	}
	return err
}
