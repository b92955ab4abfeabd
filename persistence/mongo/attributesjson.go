package mongo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// attributesToJSON writes what attributesFromJSON read, in the same order.
func attributesToJSON(object bson.D) (json.RawMessage, error) {
	var out bytes.Buffer
	if err := writeObject(&out, object); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeObject(out *bytes.Buffer, object bson.D) error {
	out.WriteByte('{')
	for i, field := range object {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeString(out, unescapeKey(field.Key)); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeValue(out, field.Value); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeArray(out *bytes.Buffer, array bson.A) error {
	out.WriteByte('[')
	for i, value := range array {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeValue(out, value); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeValue(out *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		out.WriteString(strconv.FormatBool(value))
	case string:
		return writeString(out, value)
	case int32:
		out.WriteString(strconv.FormatInt(int64(value), 10))
	case int64:
		out.WriteString(strconv.FormatInt(value, 10))
	case float64:
		out.WriteString(formatFloat(value))
	case bson.A:
		return writeArray(out, value)
	case bson.D:
		return writeDocument(out, value)
	default:
		return fmt.Errorf("attributes hold a %T, which has no JSON", value)
	}
	return nil
}

// writeDocument tells objects from what only looks like one.
func writeDocument(out *bytes.Buffer, doc bson.D) error {
	if len(doc) == 1 {
		switch inner := doc[0].Value.(type) {
		case string:
			if doc[0].Key == exactNumberKey {
				out.WriteString(inner)
				return nil
			}
		case bson.A:
			if doc[0].Key == innerArrayKey {
				return writeArray(out, inner)
			}
		}
	}
	return writeObject(out, doc)
}

// writeString leaves <, > and & as they are: escaped they would take more
// room than the limit of attributes allowed for.
func writeString(out *bytes.Buffer, s string) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the encoder's line feed
	return nil
}

// formatFloat writes the shortest digits that read as the same number.
func formatFloat(f float64) string {
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	sign := strings.TrimSuffix(exponent[:1], "+")
	scientific := mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
	if exponent[1:] == "00" || len(plain) <= len(scientific) {
		return plain
	}
	return scientific
}
