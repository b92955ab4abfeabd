package eventra

import (
	"bytes"
	"encoding/json"
	"strconv"
)

func isJSONObject(raw json.RawMessage) bool {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(raw)
}

// jsonDepth returns the number of levels of objects and arrays in a valid value.
func jsonDepth(raw json.RawMessage) (deepest int) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	for depth := 0; ; {
		token, err := decoder.Token()
		switch {
		case err != nil:
			return deepest
		case token == json.Delim('{'), token == json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case token == json.Delim('}'), token == json.Delim(']'):
			depth--
		}
	}
}

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
