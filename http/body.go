package http

import (
	"bytes"
	"errors"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

const mimeMergePatch = "application/merge-patch+json"

// checkJSONBody checks that a request has a body of an allowed media type, and its shape.
// Fiber's c.Body() is avoided because it decompresses a body of any size.
func checkJSONBody(c *fiber.Ctx, alsoAllowed []string) error {
	body := c.Request().Body()
	if len(body) == 0 {
		return eventra.Errorf(eventra.CodeMalformedBody, "the request needs a JSON body")
	}
	if coding := c.Get(fiber.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return eventra.Errorf(eventra.CodeUnsupportedMediaType, "a body must not be compressed")
	}
	if !isJSON(c.Get(fiber.HeaderContentType), alsoAllowed) {
		return eventra.Errorf(eventra.CodeUnsupportedMediaType, "the body must be application/json in UTF-8")
	}
	return checkShape(body)
}

// checkForm checks that a request has a body as forms send it.
func checkForm(c *fiber.Ctx) error {
	mediaType, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || mediaType != fiber.MIMEApplicationForm || c.Get(fiber.HeaderContentEncoding) != "" {
		return eventra.Errorf(eventra.CodeUnsupportedMediaType, "the body must be application/x-www-form-urlencoded")
	}
	return nil
}

// isJSON reports whether a media type is that of JSON in UTF-8, or one of alsoAllowed.
func isJSON(contentType string, alsoAllowed []string) bool {
	if contentType == fiber.MIMEApplicationJSON {
		return true // nearly always
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	allowed := mediaType == fiber.MIMEApplicationJSON || slices.Contains(alsoAllowed, mediaType)
	return err == nil && allowed && (!given || isUTF8(charset))
}

// isUTF8 reports whether a charset is UTF-8, also by the alias that the IANA does not
// list but many clients send.
func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// decodeBody decodes the JSON body that the route takes into target.
func decodeBody(c *fiber.Ctx, target any, options ...json.Options) error {
	return decode(c.Request().Body(), target, options...)
}

// decode decodes one JSON object. Names are case-sensitive. The error is
// CodeMalformedBody for an unknown or repeated name, a value of another JSON type,
// invalid UTF-8, or anything after the object.
func decode(body []byte, target any, options ...json.Options) error {
	err := json.Unmarshal(body, target, append(options, json.RejectUnknownMembers(true))...)
	if err == nil {
		if first := bytes.TrimLeft(body, " \t\r\n"); first[0] != '{' {
			return eventra.Errorf(eventra.CodeMalformedBody, "the body must be a JSON object")
		}
		return nil
	}
	if own, ok := errors.AsType[*eventra.Error](err); ok {
		return own
	}
	return &eventra.Error{Code: eventra.CodeMalformedBody, Message: decodeMessage(err), Err: err}
}

// limitedList decodes a list. It stops at more than so many items, before the rest takes memory.
func limitedList[T any](d *jsontext.Decoder, list *[]T, most int, tooMany func(field string) error) error {
	if d.PeekKind() != '[' {
		return errors.ErrUnsupported // null or a wrong type, which the decoder handles
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if len(*list) >= most {
			return tooMany(fieldPath(d.StackPointer()))
		}
		var item T
		if err := json.UnmarshalDecode(d, &item); err != nil {
			return err
		}
		*list = append(*list, item)
	}
	_, err := d.ReadToken()
	return err
}

func decodeMessage(err error) string {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return "the body has an unknown field " + fieldPath(semantic.JSONPointer)
	case errors.As(err, &semantic):
		return fieldPath(semantic.JSONPointer) + " has a value of the wrong type"
	case errors.As(err, &syntactic) && errors.Is(err, jsontext.ErrDuplicateName):
		return "the body has a repeated field " + fieldPath(syntactic.JSONPointer)
	case errors.As(err, &syntactic):
		return "the body is not valid JSON, at byte " + strconv.FormatInt(syntactic.ByteOffset, 10)
	}
	return "the body is not valid JSON"
}

// fieldPath converts a JSON pointer to the form in which this API names fields, such
// as "sections[2].seatsPerRow".
func fieldPath(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil && path.Len() > 0 {
			path.WriteString("[" + token + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(token)
	}
	if path.Len() == 0 {
		return "the body"
	}
	return path.String()
}
