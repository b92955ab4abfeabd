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

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
