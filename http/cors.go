package http

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Fiber's own middleware is no help here: what is shed, too long or cannot be read is answered before any
// middleware runs, and a browser hides an answer without these headers from its page.

// crossOrigin lets pages of other origins use the API, as the Fetch standard has it
// (https://fetch.spec.whatwg.org/#http-cors-protocol). Nil lets none.
type crossOrigin struct {
	any     bool // every origin, and then no credentials
	origins map[string]bool
}

const (
	// AnyOrigin in [Config.CORSOrigins] stands for all origins.
	AnyOrigin = "*"

	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	// corsRequestHeaders are those that a page may set, besides the ones that every page may.
	corsRequestHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id"
	// corsResponseHeaders are those that a page may read, besides the ones that every page may.
	corsResponseHeaders = "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, " +
		"Idempotency-Replayed, X-Request-Id, Eventra-Stale"
	// corsMaxAge is for how many seconds a browser need not ask again: two hours, the most that any takes.
	corsMaxAge = "7200"
	// hostMaxBytes is for a domain's name and a port.
	hostMaxBytes = 253 + len(":65535")
)

// newCrossOrigin allows origins such as https://shop.example.
func newCrossOrigin(origins []string) *crossOrigin {
	if len(origins) == 0 {
		return nil
	}
	o := &crossOrigin{any: slices.Contains(origins, AnyOrigin), origins: make(map[string]bool, len(origins))}
	for _, origin := range origins {
		o.origins[origin] = true
	}
	return o
}

// allow adds the headers of an answer that a page of the request's origin may read.
func (o *crossOrigin) allow(ctx *fasthttp.RequestCtx) {
	if o == nil || !isShared(ctx.Path()) {
		return
	}
	headers := &ctx.Response.Header
	if !o.any {
		headers.Add(fiber.HeaderVary, fiber.HeaderOrigin)
	}
	origin := string(ctx.Request.Header.Peek(fiber.HeaderOrigin))
	switch {
	case origin == "":
		return
	case o.origins[origin]:
		headers.Set(fiber.HeaderAccessControlAllowOrigin, origin)
		headers.Set(fiber.HeaderAccessControlAllowCredentials, "true")
	case o.any:
		headers.Set(fiber.HeaderAccessControlAllowOrigin, AnyOrigin)
	default:
		return
	}
	headers.Set(fiber.HeaderAccessControlExposeHeaders, corsResponseHeaders)
}

// preflight answers the question whether a page may send a request. A page of an origin that is not
// allowed gets the answer of any OPTIONS request.
func (o *crossOrigin) preflight(c *fiber.Ctx) error {
	request := &c.Request().Header
	origin := request.Peek(fiber.HeaderOrigin)
	if c.Method() != fiber.MethodOptions || len(request.Peek(fiber.HeaderAccessControlRequestMethod)) == 0 ||
		!isShared(c.Request().URI().Path()) || !o.any && !o.origins[string(origin)] {
		return c.Next()
	}
	c.Vary(fiber.HeaderAccessControlRequestMethod, fiber.HeaderAccessControlRequestHeaders)
	c.Set(fiber.HeaderAccessControlAllowMethods, corsMethods)
	c.Set(fiber.HeaderAccessControlAllowHeaders, corsRequestHeaders)
	c.Set(fiber.HeaderAccessControlMaxAge, corsMaxAge)
	return c.SendStatus(fiber.StatusNoContent)
}

// isShared reports whether pages of other origins have business at an address.
func isShared(path []byte) bool {
	return bytes.HasPrefix(path, []byte("/api/v1/")) || string(path) == "/openapi.json"
}

// ParseOrigin returns an origin in the form in which browsers send it, and whether it is one.
func ParseOrigin(s string) (origin string, ok bool) {
	if s == AnyOrigin {
		return s, true
	}
	scheme, host, found := strings.Cut(strings.ToLower(s), "://")
	standardPort, known := map[string]string{"http": ":80", "https": ":443"}[scheme]
	if !found || !known || !visibleASCII(host, hostMaxBytes) || strings.ContainsAny(host, "/?#@*,") {
		return "", false
	}
	return scheme + "://" + strings.TrimSuffix(host, standardPort), true
}
