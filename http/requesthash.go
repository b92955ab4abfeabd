package http

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
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
	h := sha256.New()
	writeText(h, route)
	if len(body) > 0 {
		err = writeValue(h, body, secret)
	}
	h.Sum(sum[:0])
	return sum, err
}

// writeValue writes a JSON value such that equal values, and no others, write the same. The
// error is that of a body that is no JSON.
func writeValue(h hash.Hash, body []byte, secret string) error {
	sorted := jsontext.Value(bytes.Clone(body))
	if err := sorted.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return &eventra.Error{Code: eventra.CodeMalformedBody, Message: decodeMessage(err), Err: err}
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(sorted))
	for {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		kind := token.Kind()
		if secret != "" && isMember(decoder) && kind == '"' && token.String() == secret {
			if err := decoder.SkipValue(); err != nil {
				return err
			}
			continue
		}
		_, _ = h.Write([]byte{byte(kind)})
		switch kind {
		case '"':
			writeText(h, token.String())
		case '0':
			writeText(h, canonicalNumber(token.String()))
		}
	}
}

// isMember reports whether the token read last is the name of a member of the outermost object.
func isMember(decoder *jsontext.Decoder) bool {
	kind, length := decoder.StackIndex(decoder.StackDepth())
	return decoder.StackDepth() == 1 && kind == '{' && length%2 == 1
}

func writeText(h hash.Hash, text string) {
	_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(text))))
	_, _ = io.WriteString(h, text)
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
