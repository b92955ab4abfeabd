package contract

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// value makes a value that the schema accepts, as far as it says. field is its name.
func (m *maker) value(node object, field string, depth int) *tree {
	node = m.doc.follow(node)
	for _, choice := range []string{"oneOf", "anyOf"} {
		if options := list(node[choice]); len(options) > 0 {
			return m.choice(node, choice, field, depth)
		}
	}
	if parts := list(node["allOf"]); len(parts) > 0 {
		return m.value(merged(m.doc, node, parts), field, depth)
	}
	if fixed, ok := node["const"]; ok {
		return leaf(text(fixed))
	}
	if values := list(node["enum"]); len(values) > 0 {
		return leaf(text(pick(m.Rand, values)))
	}
	switch m.typeOf(node) {
	case "object":
		return m.object(node, depth)
	case "array":
		return m.array(node, field, depth)
	case "integer", "number":
		return leaf(m.number(node))
	case "boolean":
		return leaf(pick(m.Rand, []string{"true", "false"}))
	case "null":
		return leaf("null")
	case "string":
		return leaf(quote(m.Rand, m.text(node, field)))
	}
	return leaf(pick(m.Rand, []string{"1", `"x"`, "{}", "[1]"}))
}

// choice makes a value of one of several variants. One that only says which fields are
// required excludes the others' fields.
func (m *maker) choice(node object, keyword, field string, depth int) *tree {
	options := list(node[keyword])
	chosen := m.doc.follow(pick(m.Rand, options).(object))
	base := maps.Clone(node)
	delete(base, keyword)
	merge := merged(m.doc, base, []any{chosen})
	if properties, ok := merge["properties"].(object); ok && chosen["properties"] == nil {
		properties = maps.Clone(properties)
		for _, option := range options {
			for _, name := range list(m.doc.follow(option.(object))["required"]) {
				if !slices.Contains(list(chosen["required"]), name) {
					delete(properties, name.(string))
				}
			}
		}
		merge["properties"] = properties
	}
	return m.value(merge, field, depth)
}

// merged returns a schema with the parts' keywords in it.
func merged(doc *Document, node object, parts []any) object {
	out := maps.Clone(node)
	delete(out, "allOf")
	for _, part := range parts {
		for key, value := range doc.follow(part.(object)) {
			switch have := out[key].(type) {
			case object:
				both := maps.Clone(have)
				maps.Copy(both, value.(object))
				out[key] = both
			case []any:
				out[key] = append(slices.Clone(have), list(value)...)
			default:
				out[key] = value
			}
		}
	}
	return out
}

func (m *maker) typeOf(node object) string {
	switch kind := node["type"].(type) {
	case string:
		return kind
	case []any:
		if chance(m.Rand, 4) {
			return pick(m.Rand, kind).(string)
		}
		return kind[0].(string)
	}
	if node["properties"] != nil {
		return "object"
	}
	return ""
}

func (m *maker) object(node object, depth int) *tree {
	t := &tree{kind: objectKind}
	properties, _ := node["properties"].(object)
	required := list(node["required"])
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) || depth < 4 && chance(m.Rand, 2) {
			t.add(quote(m.Rand, name), m.value(properties[name].(object), name, depth+1))
		}
	}
	if free := node["additionalProperties"]; free != false && len(properties) == 0 && depth < 4 {
		of, _ := free.(object)
		for i := range m.IntN(4) {
			t.add(quote(m.Rand, "k"+strconv.Itoa(i)), m.value(of, "", depth+1))
		}
	}
	return t
}

func (m *maker) array(node object, field string, depth int) *tree {
	t := &tree{kind: arrayKind}
	items, _ := node["items"].(object)
	least := max(1, whole(node["minItems"], 1))
	for range least + m.IntN(min(3, 1+max(0, whole(node["maxItems"], 10)-least))) {
		t.members = append(t.members, m.value(items, field, depth+1))
		t.names = append(t.names, "")
	}
	return t
}

// number prefers small values and the bounds.
func (m *maker) number(node object) string {
	low, high := whole(node["minimum"], 0), whole(node["maximum"], 1_000_000)
	switch m.IntN(8) {
	case 0:
		return strconv.Itoa(low)
	case 1:
		if high <= 5000 {
			return strconv.Itoa(high)
		}
	}
	return strconv.Itoa(low + m.IntN(min(6, high-low+1)))
}

func (m *maker) text(node object, field string) string {
	if value, ok := m.sensible(field); ok {
		return value
	}
	switch node["format"] {
	case "uuid":
		return "01900000-0000-7000-8000-" + pad(digits(m.Rand), 12)
	case "date-time":
		return "2030-05-01T19:30:00Z"
	case "email":
		return "c" + digits(m.Rand) + "@example.org"
	}
	if example, ok := node["example"].(string); ok && node["pattern"] != nil {
		return example
	}
	low, high := whole(node["minLength"], 0), whole(node["maxLength"], 40)
	length := low + m.IntN(min(20, high-low+1))
	if chance(m.Rand, 8) {
		length = high
	}
	return strings.Repeat(pick(m.Rand, []string{"a", "Z", "é", "中"}), length)
}

func pad(digits string, length int) string {
	return strings.Repeat("0", max(0, length-len(digits))) + digits[:min(length, len(digits))]
}

// spoil changes something anywhere in the value. It may stay valid.
func (m *maker) spoil(t *tree) {
	at := pick(m.Rand, t.all())
	if at.kind == objectKind {
		m.spoilObject(at)
		return
	}
	if at.kind == arrayKind && chance(m.Rand, 2) && len(at.members) > 0 {
		for range pick(m.Rand, []int{1, 1, 2, 20, 51, 3000}) { // the same again
			at.add("", at.members[0])
		}
		return
	}
	*at = *leaf(scrap(m.Rand))
}

func (m *maker) spoilObject(t *tree) {
	if n := len(t.members); n > 0 {
		i := m.IntN(n)
		switch m.IntN(5) {
		case 0:
			t.remove(i)
			return
		case 1:
			t.add(t.names[i], t.members[i])
			return
		case 2:
			t.members[i] = leaf(scrap(m.Rand))
			return
		case 3:
			t.names[i] = swapCase(t.names[i])
			return
		}
	}
	t.add(quote(m.Rand, word(m.Rand)), leaf(scrap(m.Rand)))
}

func swapCase(name string) string {
	if upper := strings.ToUpper(name); upper != name {
		return upper
	}
	return strings.ToLower(name)
}

func whole(value any, otherwise int) int {
	switch n := value.(type) {
	case interface{ Int64() (int64, error) }:
		if i, err := n.Int64(); err == nil {
			return int(i)
		}
	case float64:
		return int(n)
	}
	return otherwise
}

func text(value any) string { return string(marshal(value)) }
