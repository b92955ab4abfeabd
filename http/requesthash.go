package http

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// requestHash distinguishes a repetition from another request: by its route and by its body
// as a JSON value, but for the member of the body's object that is secret. No key goes into
// it, so it outlives every change of secrets; and it tells nothing of the secret member.
func requestHash(route string, body []byte, secret string) (sum [sha256.Size]byte, err error) {
	text := appendText(make([]byte, 0, len(route)+2*len(body)+16), route)
	if r, plain := plainRequest(body); plain && secret == "" {
		text = r.appendValue(text)
	} else if len(body) > 0 {
		text, err = appendValue(text, body, secret)
	}
	return sha256.Sum256(text), err
}

// appendValue appends a JSON value such that equal values, and no others, append the same.
// The error is that of a body that is no JSON.
func appendValue(text, body []byte, secret string) ([]byte, error) {
	sorted := jsontext.Value(bytes.Clone(body))
	if err := sorted.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return nil, &eventra.Error{Code: eventra.CodeMalformedBody, Message: decodeMessage(err), Err: err}
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(sorted))
	for {
		kind := decoder.PeekKind()
		var value jsontext.Value
		var err error
		if kind == '"' || kind == '0' {
			value, err = decoder.ReadValue()
		} else {
			_, err = decoder.ReadToken()
		}
		switch {
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, err
		}
		if kind == '"' && secret != "" && string(value) == `"`+secret+`"` && isMember(decoder) {
			if err := decoder.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		text = append(text, byte(kind))
		switch kind {
		case '"':
			text = appendText(text, value)
		case '0':
			text = appendText(text, canonicalNumber(string(value)))
		}
	}
}

// appendValue appends what the function of that name appends for a plain request.
func (r *BookingRequest) appendValue(text []byte) []byte {
	text = appendPlain(append(text, '{'), "eventId")
	text = appendPlain(text, r.EventID)
	text = append(appendPlain(text, "seats"), '[')
	for _, seat := range r.Seats {
		text = appendPlain(text, seat)
	}
	return append(text, ']', '}')
}

// appendPlain appends a text that JSON writes as it is.
func appendPlain(text []byte, part string) []byte {
	text = binary.AppendUvarint(append(text, '"'), uint64(len(part)+2))
	return append(append(append(text, '"'), part...), '"')
}

// isMember reports whether the value read last is the name of a member of the outermost object.
func isMember(decoder *jsontext.Decoder) bool {
	kind, length := decoder.StackIndex(decoder.StackDepth())
	return decoder.StackDepth() == 1 && kind == '{' && length%2 == 1
}

func appendText[T string | []byte | jsontext.Value](text []byte, part T) []byte {
	return append(binary.AppendUvarint(text, uint64(len(part))), part...)
}

// canonicalNumber returns one form of all JSON numbers with the same value, such as 120,
// 1.20e2 and 120.0. Numbers are not rounded.
func canonicalNumber(text string) string {
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(text), "e")
	exponent := 0
	if exponentText != "" {
		var err error
		if exponent, err = strconv.Atoi(exponentText); err != nil {
			return text
		}
	}
	unsigned, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return "0"
	}
	exponent += len(digits) - len(significant) - len(fraction)
	if negative {
		significant = "-" + significant
	}
	return significant + "e" + strconv.Itoa(exponent)
}

// earlierHash is what members of the release before compare.
func earlierHash(key []byte, route string, body []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	method, path, _ := strings.Cut(route, " ")
	for _, part := range [][]byte{[]byte(method), []byte(path), body} {
		mac.Write(part)
		mac.Write([]byte{0})
	}
	mac.Sum(sum[:0])
	return sum
}
