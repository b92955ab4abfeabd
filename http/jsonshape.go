package http

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// jsonDepthMax bounds the levels of objects and arrays in a body: the one around an
// event's attributes, theirs, and room to say that these have too many. Nothing that walks
// through a body level by level sees one with more.
const jsonDepthMax = 2 * eventra.AttributesDepthMax

// checkShape refuses a body that no code behind it shall see: one with too many levels, and
// one with a NUL character, which the stores cannot keep. Invalid JSON may pass; decode
// refuses it.
func checkShape(body []byte) error {
	if deeperThan(body, jsonDepthMax) {
		if !jsontext.Value(body).IsValid() {
			return eventra.Errorf(eventra.CodeMalformedBody, "the body is not valid JSON")
		}
		return shapeFault(deepField(body), "too_deep", "has too many levels")
	}
	if bytes.Contains(body, []byte(`\u0000`)) {
		if field, found := nulField(body); found {
			return shapeFault(field, "invalid_text", "must not hold a NUL character")
		}
	}
	return nil
}

func shapeFault(field, code, message string) error {
	var faults eventra.Faults
	faults.Add(field, code, "%s", message)
	return faults.Err()
}

// deeperThan reports whether a body has more levels. In invalid JSON it counts what looks
// like them.
func deeperThan(body []byte, levels int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > levels {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// deepField returns the outermost field of a valid body with too many levels.
func deepField(body []byte) string {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	for decoder.StackDepth() <= jsonDepthMax {
		if _, err := decoder.ReadToken(); err != nil {
			break
		}
	}
	field, _, _ := strings.Cut(strings.TrimPrefix(string(decoder.StackPointer()), "/"), "/")
	return fieldPath(jsontext.Pointer("/" + field))
}

// nulField finds the first text with a NUL character in a valid body.
func nulField(body []byte) (field string, found bool) {
	if !jsontext.Value(body).IsValid() {
		return "", false
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return "", false
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return fieldPath(decoder.StackPointer()), true
		}
	}
}
