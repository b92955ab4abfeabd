package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/eventra/eventra"
)

// attributesDepthMax keeps documents under the hundred levels that MongoDB
// allows; an array counts twice, for it may take two.
const attributesDepthMax = 90

// Attributes are stored as real documents, so that they can be queried, yet
// must come back as the JSON they were. Three things have no place in a
// portable document and are written another way:
//
//   - a key with '.', with NUL or with a leading '$' has these percent-encoded
//     (and '%' itself, so that it is reversible);
//   - a number that neither an int64 nor a float64 holds exactly becomes
//     {"%number": "its digits"}, a key that no encoded key can be;
//   - an array in an array becomes {"%array": […]}: FerretDB knows no other.
const (
	exactNumberKey = "%number"
	innerArrayKey  = "%array"
)

var (
	keyEscaper   = strings.NewReplacer("%", "%25", ".", "%2E", "\x00", "%00")
	keyUnescaper = strings.NewReplacer("%25", "%", "%2E", ".", "%00", "\x00", "%24", "$")

	errTooDeep = &eventra.Error{
		Code: eventra.CodeValidationFailed, Message: "the request has invalid values",
		Fields: []eventra.FieldError{{
			Field: "attributes", Code: "too_deep",
			Message: fmt.Sprintf("must be nested at most %d levels deep", attributesDepthMax/2),
		}},
	}
)

func escapeKey(key string) string {
	escaped := keyEscaper.Replace(key)
	if rest, leading := strings.CutPrefix(escaped, "$"); leading {
		return "%24" + rest
	}
	return escaped
}

func unescapeKey(key string) string { return keyUnescaper.Replace(key) }

// attributesFromJSON reads a JSON object. Of a key that is there twice the
// last value counts, as in encoding/json.
func attributesFromJSON(raw json.RawMessage) (bson.D, error) {
	if len(raw) == 0 {
		return bson.D{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	switch begin, err := decoder.Token(); {
	case err != nil:
		return nil, err
	case begin != json.Delim('{'):
		return nil, errors.New("attributes are not a JSON object")
	}
	object, err := readObject(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("attributes have data after their end")
	}
	return object, nil
}

func readValue(decoder *json.Decoder, depth int) (any, error) {
	if depth > attributesDepthMax {
		return nil, errTooDeep
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return readObject(decoder, depth)
		}
		return readArray(decoder, depth)
	case json.Number:
		return numberToBSON(token.String()), nil
	default: // string, bool, nil
		return token, nil
	}
}

func readObject(decoder *json.Decoder, depth int) (bson.D, error) {
	object := bson.D{}
	position := map[string]int{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key := escapeKey(token.(string)) // the decoder lets no other key pass
		value, err := readValue(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		if at, twice := position[key]; twice {
			object[at].Value = value
			continue
		}
		position[key] = len(object)
		object = append(object, bson.E{Key: key, Value: value})
	}
	_, err := decoder.Token()
	return object, err
}

func readArray(decoder *json.Decoder, depth int) (bson.A, error) {
	array := bson.A{}
	for decoder.More() {
		value, err := readValue(decoder, depth+2) // it may be an array, in an object of its own
		if err != nil {
			return nil, err
		}
		if inner, ok := value.(bson.A); ok {
			value = bson.D{{Key: innerArrayKey, Value: inner}}
		}
		array = append(array, value)
	}
	_, err := decoder.Token()
	return array, err
}

// numberToBSON keeps the number exactly: as int64 or float64 if one of them
// can, in this order however it is written (1.0 is 1), else as its text.
func numberToBSON(literal string) any {
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err == nil && f != 0 && decimalOf(formatFloat(f)) == decimalOf(literal) {
		if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f)
		}
		return f
	}
	if err == nil && f == 0 && decimalOf(literal).digits == "" {
		return int64(0)
	}
	return bson.D{{Key: exactNumberKey, Value: literal}}
}

// decimal is a number as digits × 10^exponent, without zeros at the ends of
// the digits; of equal numbers it is the same.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

func decimalOf(literal string) decimal {
	var d decimal
	literal, d.negative = strings.CutPrefix(literal, "-")
	mantissa, exponent := literal, ""
	if at := strings.IndexAny(literal, "eE"); at >= 0 {
		mantissa, exponent = literal[:at], literal[at+1:]
	}
	if exponent != "" {
		var err error
		if d.exponent, err = strconv.ParseInt(exponent, 10, 32); err != nil {
			d.exponent = math.MaxInt64 // no float is there, so none is equal
			return d
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exponent -= int64(len(fraction))
	digits := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(digits, "0")
	d.exponent += int64(len(digits) - len(d.digits))
	if d.digits == "" {
		return decimal{}
	}
	return d
}
