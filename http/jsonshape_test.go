package http

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// nested is n objects or arrays in each other.
func nested(opens, closes string, n int) string {
	return strings.Repeat(opens, n) + "1" + strings.Repeat(closes, n)
}

// A merge patch copies each level for each level above it, so a deep one must not get there:
// it is refused before anybody looks whether there is an event to be merged with.
func TestShape_DeepBodiesAreRefusedAtOnce(t *testing.T) {
	absent := uuid.NewString()
	for name, c := range map[string]struct {
		method, path, body, field string
		status                    int
	}{
		"patch of objects": {"PATCH", "/api/v1/events/" + absent, `{"attributes":` + nested(`{"a":`, "}", 9_990) + `}`, "attributes", 422},
		"patch of arrays":  {"PATCH", "/api/v1/events/" + absent, `{"attributes":` + nested(`[`, "]", 9_990) + `}`, "attributes", 422},
		"patch with more levels than attributes have": {"PATCH", "/api/v1/events/{event}", `{"attributes":` + nested(`{"a":`, "}", eventra.AttributesDepthMax+1) + `}`, "attributes", 422},
		"patch in a mix":         {"PATCH", "/api/v1/events/" + absent, `{"title":"\"{[","attributes":{"x":1,"y":` + nested(`[{"a":`, "}]", 4_000) + `}}`, "attributes", 422},
		"event":                  {"POST", "/api/v1/events", `{"attributes":` + nested(`{"a":`, "}", 9_990) + `}`, "attributes", 422},
		"seats":                  {"POST", "/api/v1/events/{event}/seats", `{"sections":` + nested(`[`, "]", 9_990) + `}`, "sections", 422},
		"seats with great names": {"POST", "/api/v1/events/{event}/seats", `{"seats":` + nested(`[{"`+strings.Repeat("x", 1000)+`":`, "}]", 2_000) + `}`, "seats", 422},
		"hold":                   {"POST", "/api/v1/bookings", nested(`{"seats":[`, "]}", 4_000), "seats", 422},
		"invalid":                {"PATCH", "/api/v1/events/" + absent, `{"attributes":` + nested(`{"a":`, "}", 9_990) + `,`, "", 400},
		"deeper than the parser": {"PATCH", "/api/v1/events/" + absent, nested(`[`, "]", 20_000), "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			token := ts.adminToken
			if c.path == "/api/v1/bookings" {
				token = ts.userToken
			}
			a := ts.send(c.method, ts.fill(c.path), token, c.body)
			if c.status == 400 {
				ts.problem(a, 400, eventra.CodeMalformedBody)
				return
			}
			p := ts.problem(a, c.status, eventra.CodeValidationFailed)
			require.Equal(t, c.field, p.Errors[0].Field)
			require.Equal(t, "too_deep", p.Errors[0].Code)
		})
	}
}

func TestShape_AttributesMayHaveTheirLevels(t *testing.T) {
	ts := newTestServer(t)
	ts.ok(200, "PATCH", ts.fill("/api/v1/events/{event}"), ts.adminToken, `{"attributes":`+nested(`{"a":`, "}", eventra.AttributesDepthMax)+`}`)
}

func TestShape_NULIsRefused(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.takesBody, func(t *testing.T, ts *testServer, e endpoint) {
		for body, field := range map[string]string{
			`{"x":"\u0000"}`:                          "x",
			`{"x":{"y":[1,"a\u0000b"]}}`:              "x.y[1]",
			`{"a\u0000":1}`:                           "a\x00",
			`{"x":"\\u0000","y":"\\\u0000"}`:          "y",
			e.body[:len(e.body)-1] + `,"z":"\u0000"}`: "z",
		} {
			p := ts.problem(ts.send(e.method, e.path, ts.token(e.who), body), 422, eventra.CodeValidationFailed)
			require.Equal(t, field, p.Errors[0].Field, body)
			require.Equal(t, "invalid_text", p.Errors[0].Code)
		}
		for _, body := range []string{`{"x":"\\u0000"}`, `{"x":"\u0000"`, `{"x":"\u0000"}{}`, `{"x":"\u00000","x":1}`} {
			ts.problem(ts.send(e.method, e.path, ts.token(e.who), body), 400, eventra.CodeMalformedBody)
		}
	})
}
