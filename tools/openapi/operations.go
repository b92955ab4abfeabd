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
var common = []struct{ status, name, description string }{
	{"400", "Malformed", "malformed_body: no JSON object as described, or a body where none is taken; malformed_request: not valid HTTP, and instance may be /"},
	{"401", "Unauthenticated", "unauthenticated: no access token, or not a good one"},
	{"403", "NotForAPIKeys", "forbidden: no API key may do this"},
	{"405", "MethodNotAllowed", "method_not_allowed: the address takes the methods in Allow"},
	{"408", "RequestTimeout", "request_timeout: the request did not arrive in 30 s"},
	{"413", "BodyTooLarge", "body_too_large"},
	{"415", "UnsupportedMediaType", "unsupported_media_type"},
	{"422", "ValidationFailed", "validation_failed: also for a parameter that is unknown or repeated"},
	{"429", "RateLimited", "rate_limited"},
	{"431", "HeadersTooLarge", "headers_too_large: more than 16 KiB"},
	{"500", "Internal", "internal: a fault of the server"},
	{"503", "Unavailable", "overloaded; unavailable"},
}

func commonResponses(known kinds) (object, error) {
	responses := object{}
	for _, c := range common {
		response, err := problem(known, c.status, c.description)
		if err != nil {
			return nil, err
		}
		responses[c.name] = response
	}
	return responses, nil
}

// problem returns a response with a problem, and an example for each code in its description.
func problem(known kinds, status, description string) (object, error) {
	codes, err := known.codesIn(status, description)
	if err != nil {
		return nil, err
	}
	examples := object{}
	for _, code := range codes {
		examples[code] = object{"$ref": "#/components/examples/" + code}
	}
	withHeaders := object{"X-Request-Id": headerRef("X-Request-Id")}
	switch status {
	case "401":
		withHeaders["WWW-Authenticate"] = headerRef("WWW-Authenticate")
	case "405":
		withHeaders["Allow"] = headerRef("Allow")
	case "429", "503":
		withHeaders["Retry-After"] = headerRef("Retry-After")
	}
	return object{
		"description": description,
		"headers":     withHeaders,
		"content":     object{problemType: object{"schema": object{"$ref": schemaPrefix + "Problem"}, "examples": examples}},
	}, nil
}

// completeOperation adds the parts of an operation that follow from its kind.
func completeOperation(known kinds, path, method string, operation object) error {
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
	secured := len(operationSecurity(operation)) > 0
	for status, response := range responses {
		if err := completeResponse(known, operation, responses, status, response.(object), api); err != nil {
			return err
		}
	}
	if operation["security"] == nil {
		operation["security"] = []any{} // anyone; nothing is inherited
	}
	needs := map[string]bool{
		"401": secured || optional,
		"403": secured && !admitsKeys(operation),
		"400": true, "405": true, "408": true, "431": true, "413": true, "415": hasBody, "422": api,
		"429": api, "500": api, "503": api,
	}
	for _, c := range common {
		if needs[c.status] && responses[c.status] == nil {
			responses[c.status] = object{"$ref": "#/components/responses/" + c.name}
		}
	}
	return nil
}

func operationSecurity(operation object) []any {
	requirements, _ := operation["security"].([]any)
	return requirements
}

// admitsKeys reports whether an API key may do what an operation does.
func admitsKeys(operation object) bool {
	for _, requirement := range operationSecurity(operation) {
		if _, keys := requirement.(object)["KeyAuth"]; keys {
			return true
		}
	}
	return false
}

// openSecurity rewrites an optional token as OpenAPI has it, and reports whether the
// token is optional.
func openSecurity(operation object) (optional bool) {
	requirements := operationSecurity(operation)
	for i, requirement := range requirements {
		if _, none := requirement.(object)[""]; none {
			requirements[i] = object{}
			optional = true
		}
	}
	return optional
}

// completeBody adds the examples, and the schema and the media type of a merge patch.
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
	if fields := media["schema"].(object)["$ref"]; method == "patch" && fields == schemaPrefix+"EventFields" {
		media["schema"] = object{"$ref": schemaPrefix + "EventPatch"}
		content["application/merge-patch+json"] = media
	}
	return nil
}

// completeResponse sets a response's headers, and the media type of a problem.
func completeResponse(known kinds, operation, responses object, status string, response object, api bool) error {
	code, err := strconv.Atoi(status)
	if err != nil {
		return err
	}
	if code >= 400 {
		responses[status], err = problem(known, status, response["description"].(string))
		return err
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
	content, _ := response["content"].(object)
	if stream, ok := content["text/event-stream"].(object); ok {
		stream["schema"] = streamSchema
	}
	return nil
}

// streamSchema is the text of a stream, whose data are JSON.
var streamSchema = object{"type": "string", "description": "The data of a `snapshot` is a SeatMap, that of a `delta` a SeatDelta.",
	"contentMediaType": jsonType, "contentSchema": object{"oneOf": []any{object{"$ref": schemaPrefix + "SeatMap"}, object{"$ref": schemaPrefix + "SeatDelta"}}}}

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
