package http

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
)

// input is what a route takes from a request besides path and headers. A request with more
// is refused, because its sender believes that the rest does something.
type input struct {
	query      []string // names of parameters, each given once at most
	anyQuery   bool     // for addresses to which probes and browsers add parameters of their own
	body       int      // most bytes of its JSON object; 0: it takes none
	optional   bool     // of the body
	form       bool     // the body is that of a page's form
	mediaTypes []string // of the body, besides application/json
}

// nothing is the input of a route that takes neither parameters nor a body.
var nothing input

// parameters is the input of a route that takes query parameters.
func parameters(names ...string) input { return input{query: names} }

// jsonObject is the input of a route that takes a body.
func jsonObject(maxBytes int, mediaTypes ...string) input {
	return input{body: maxBytes, mediaTypes: mediaTypes}
}

// optionalJSONObject is the input of a route that takes a body but does not need one.
func optionalJSONObject(maxBytes int) input { return input{body: maxBytes, optional: true} }

// pageForm is the input of a page's form.
var pageForm = input{body: formMaxBytes, form: true}

// pageLink is the input of a page: programs that mail links add parameters of their own.
var pageLink = input{anyQuery: true}

// routeTable registers routes. For each one it asks who may call it, how often, and with
// which input. The handlers then follow.
type routeTable struct {
	server *Server
	router fiber.Router
}

func (t routeTable) add(method, path string, who, rate fiber.Handler, in input, then []fiber.Handler) {
	handlers := append([]fiber.Handler{who, rate, t.server.takes(in)}, then...)
	if method == fiber.MethodGet {
		t.router.Get(path, handlers...) // and HEAD
		return
	}
	t.router.Add(method, path, handlers...)
}

func (t routeTable) get(path string, who, rate fiber.Handler, in input, then ...fiber.Handler) {
	t.add(fiber.MethodGet, path, who, rate, in, then)
}

func (t routeTable) post(path string, who, rate fiber.Handler, in input, then ...fiber.Handler) {
	t.add(fiber.MethodPost, path, who, rate, in, then)
}

func (t routeTable) put(path string, who, rate fiber.Handler, in input, then ...fiber.Handler) {
	t.add(fiber.MethodPut, path, who, rate, in, then)
}

func (t routeTable) patch(path string, who, rate fiber.Handler, in input, then ...fiber.Handler) {
	t.add(fiber.MethodPatch, path, who, rate, in, then)
}

func (t routeTable) delete(path string, who, rate fiber.Handler, in input, then ...fiber.Handler) {
	t.add(fiber.MethodDelete, path, who, rate, in, then)
}

// takes refuses what a route does not take, and reads the body of one that takes it.
func (s *Server) takes(in input) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := in.checkQuery(c.Request().URI().QueryArgs()); err != nil {
			return err
		}
		return s.receive(c, in.bodyMaxBytes(), func() error {
			if err := in.checkBody(c); err != nil {
				return err
			}
			return c.Next()
		})
	}
}

const (
	queryFaultsMax    = 10
	queryNameMaxRunes = 64 // of a name that is repeated to the client
)

// checkQuery names the parameters that the route does not take, and those given twice.
func (in *input) checkQuery(args *fasthttp.Args) error {
	if in.anyQuery || args.Len() == 0 {
		return nil
	}
	var faults eventra.Faults
	var seen []string
	for key, value := range args.All() {
		name := string(key)
		switch {
		case name == "" && len(value) == 0 || len(faults) == queryFaultsMax:
		case !slices.Contains(in.query, name):
			faults.Add(shortName(name), "unknown_parameter", "is not a parameter of this address")
		case slices.Contains(seen, name):
			faults.Add(name, "repeated_parameter", "must be given once")
		default:
			seen = append(seen, name)
		}
	}
	return faults.Err()
}

// shortName makes text from a client fit to be shown to it.
func shortName(text string) string {
	runes := []rune(strings.ToValidUTF8(text, "\ufffd"))
	return string(runes[:min(len(runes), queryNameMaxRunes)])
}

// bodyMaxBytes is how much of a body is received.
func (in *input) bodyMaxBytes() int {
	if in.body == 0 {
		return bodyMaxBytes
	}
	return in.body
}

// checkBody checks a body that has been received. Where none is needed, one that means
// nothing is dropped, because many clients send one.
func (in *input) checkBody(c *fiber.Ctx) error {
	if in.form {
		return checkForm(c)
	}
	empty := meansNothing(c.Request().Body())
	if in.body > 0 && (!in.optional || !empty) {
		return checkJSONBody(c, in.mediaTypes)
	}
	if !empty {
		return eventra.Errorf(eventra.CodeMalformedBody, "this request takes no body")
	}
	c.Request().SetBodyRaw(nil)
	return nil
}

// meansNothing reports whether a body is empty, an empty object, or null.
func meansNothing(body []byte) bool {
	body = bytes.TrimSpace(body)
	inner, opens := bytes.CutPrefix(body, []byte("{"))
	inner, closes := bytes.CutSuffix(inner, []byte("}"))
	return len(body) == 0 || string(body) == "null" || opens && closes && len(bytes.TrimSpace(inner)) == 0
}
