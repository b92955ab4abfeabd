package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// lenient accepts all JSON that encoding/json accepts. Invalid UTF-8 becomes
// U+FFFD.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// storedAttributes is the compact text of a JSON object. Attributes are stored
// as text, since nothing queries them and no other form returns every number,
// key and nested array as it was (docs/decisions/0005).
func storedAttributes(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "{}", nil
	}
	text := jsontext.Value(raw).Clone()
	if err := text.Format(lenient...); err != nil {
		return "", err
	}
	if text.Kind() != '{' {
		return "", errors.New("attributes are not a JSON object")
	}
	return string(text), nil
}

// readAttributes also reads attributes that earlier builds stored as documents.
func readAttributes(stored any) (json.RawMessage, error) {
	switch stored := stored.(type) {
	case string:
		return json.RawMessage(stored), nil
	case nil:
		return json.RawMessage("{}"), nil
	case bson.D:
		var text bytes.Buffer
		err := writeDocument(jsontext.NewEncoder(&text, lenient...), stored)
		return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
	}
	return nil, fmt.Errorf("attributes are stored as a %T", stored)
}

// Earlier builds stored attributes as documents that every server accepts:
//
//   - in keys '%', '.', NUL and a leading '$' were percent-encoded;
//   - a number that neither an int64 nor a float64 holds exactly was
//     {"%number": "its digits"};
//   - an array in an array was {"%array": […]}.
const (
	exactNumberKey = "%number"
	innerArrayKey  = "%array"
)

var keyDecoder = strings.NewReplacer("%25", "%", "%2E", ".", "%00", "\x00", "%24", "$")

func writeDocument(out *jsontext.Encoder, document bson.D) error {
	if len(document) == 1 {
		switch inner := document[0].Value.(type) {
		case string:
			if document[0].Key == exactNumberKey {
				return out.WriteValue(jsontext.Value(inner))
			}
		case bson.A:
			if document[0].Key == innerArrayKey {
				return writeAttribute(out, inner)
			}
		}
	}
	err := out.WriteToken(jsontext.BeginObject)
	for _, field := range document {
		err = errors.Join(err, out.WriteToken(jsontext.String(keyDecoder.Replace(field.Key))), writeAttribute(out, field.Value))
	}
	return errors.Join(err, out.WriteToken(jsontext.EndObject))
}

func writeAttribute(out *jsontext.Encoder, value any) error {
	switch value := value.(type) {
	case nil:
		return out.WriteToken(jsontext.Null)
	case bool:
		return out.WriteToken(jsontext.Bool(value))
	case string:
		return out.WriteToken(jsontext.String(value))
	case int32:
		return out.WriteToken(jsontext.Int(int64(value)))
	case int64:
		return out.WriteToken(jsontext.Int(value))
	case float64:
		return out.WriteToken(jsontext.Float(value))
	case bson.D:
		return writeDocument(out, value)
	case bson.A:
		err := out.WriteToken(jsontext.BeginArray)
		for _, item := range value {
			err = errors.Join(err, writeAttribute(out, item))
		}
		return errors.Join(err, out.WriteToken(jsontext.EndArray))
	}
	return fmt.Errorf("attributes hold a %T, which has no JSON", value)
}
