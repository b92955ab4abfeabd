package main

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

// headers are the headers that many responses have.
var headers = object{
	"X-Request-Id":         header("string", "The request's id, for support and logs."),
	"Idempotency-Replayed": header("string", "\"true\" if this is the first outcome again."),
	"RateLimit-Limit":      header("integer", "Requests in a window."),
	"RateLimit-Remaining":  header("integer", "Requests left in this one."),
	"RateLimit-Reset":      header("integer", "Seconds until the next one."),
	"Retry-After":          header("integer", "Seconds to wait before another try."),
	"WWW-Authenticate":     header("string", "Bearer"),
	"Allow":                header("string", "Methods that the address knows."),
}

func header(kind, description string) object {
	return object{"description": description, "schema": object{"type": kind}}
}

func headerRef(name string) object { return object{"$ref": "#/components/headers/" + name} }

// common are the problems that follow from the kind of a request.
var common = []struct {
	status, name, description string
	headers                   []string
}{
	{"400", "MalformedBody", "malformed_body: no JSON object as described, or a body where none is taken", nil},
	{"401", "Unauthenticated", "unauthenticated: no access token, or not a good one", nil},
	{"413", "BodyTooLarge", "body_too_large", nil},
	{"415", "UnsupportedMediaType", "unsupported_media_type", nil},
	{"422", "ValidationFailed", "validation_failed: also for a parameter that is unknown or repeated", nil},
	{"429", "RateLimited", "rate_limited", nil},
	{"500", "Internal", "internal", nil},
	{"503", "Unavailable", "overloaded; unavailable", nil},
}

func commonResponses() object {
	responses := object{}
	for _, c := range common {
		responses[c.name] = problem(c.status, c.description)
	}
	return responses
}

// problem returns a response with a problem.
func problem(status, description string) object {
	withHeaders := object{"X-Request-Id": headerRef("X-Request-Id")}
	switch status {
	case "401":
		withHeaders["WWW-Authenticate"] = headerRef("WWW-Authenticate")
	case "429", "503":
		withHeaders["Retry-After"] = headerRef("Retry-After")
	}
	return object{
		"description": description,
		"headers":     withHeaders,
		"content":     object{problemType: object{"schema": object{"$ref": schemaPrefix + "Problem"}}},
	}
}

// completeOperation adds the parts of an operation that follow from its kind.
func completeOperation(path, method string, operation object) error {
	if operation["operationId"] == nil {
		return fmt.Errorf("no @ID")
	}
	responses := operation["responses"].(object)
	optional := openSecurity(operation)
	body, hasBody := operation["requestBody"].(object)
	if hasBody {
		if err := completeBody(method, body, responses); err != nil {
			return err
		}
	}
	api := strings.HasPrefix(path, "/api/v1/")
	for status, response := range responses {
		completeResponse(operation, responses, status, response.(object), api)
	}
	needs := map[string]bool{
		"401": operation["security"] != nil || optional,
		"400": true, "413": true, "415": hasBody, "422": api,
		"429": api, "500": api, "503": api,
	}
	for _, c := range common {
		if needs[c.status] && responses[c.status] == nil {
			responses[c.status] = object{"$ref": "#/components/responses/" + c.name}
		}
	}
	return nil
}

// openSecurity rewrites an optional token as OpenAPI has it, and reports whether the
// token is optional.
func openSecurity(operation object) (optional bool) {
	requirements, _ := operation["security"].([]any)
	for i, requirement := range requirements {
		if _, none := requirement.(object)[""]; none {
			requirements[i] = object{}
			optional = true
		}
	}
	return optional
}

// completeBody adds the examples, and the media type of a merge patch.
func completeBody(method string, body, responses object) error {
	content := body["content"].(object)
	media := content[jsonType].(object)
	if given, ok := responses["x-examples"].(object); ok {
		examples := object{}
		for _, name := range sorted(given) {
			examples[name] = object{"value": given[name]}
		}
		media["examples"] = examples
		delete(responses, "x-examples")
	}
	if method == "patch" {
		media["schema"] = object{"$ref": schemaPrefix + "EventPatch"}
		content["application/merge-patch+json"] = media
	}
	return nil
}

// completeResponse sets a response's headers, and the media type of a problem.
func completeResponse(operation, responses object, status string, response object, api bool) {
	code, err := strconv.Atoi(status)
	if err != nil {
		return
	}
	if code >= 400 {
		responses[status] = problem(status, response["description"].(string))
		return
	}
	with, _ := response["headers"].(object)
	if with == nil {
		with = object{}
		response["headers"] = with
	}
	with["X-Request-Id"] = headerRef("X-Request-Id")
	if api {
		for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} {
			with[name] = headerRef(name)
		}
	}
	if hasHeader(operation, "Idempotency-Key") {
		with["Idempotency-Replayed"] = headerRef("Idempotency-Replayed")
	}
}

// hasHeader reports whether an operation takes a header.
func hasHeader(operation object, name string) bool {
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		p := parameter.(object)
		if p["in"] == "header" && p["name"] == name {
			return true
		}
	}
	return false
}
