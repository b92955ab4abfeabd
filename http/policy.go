package http

import (
	"strconv"

	"github.com/gofiber/fiber/v2"
)

// cachePrivate is for responses that are for one client only.
const cachePrivate = "private, no-store"

// setPolicy sets the headers that depend on the request rather than on its route. No cache
// keeps a response that depends on a token or follows a change.
func (s *Server) setPolicy(c *fiber.Ctx) {
	if !fiber.IsMethodSafe(c.Method()) || len(c.Request().Header.Peek(fiber.HeaderAuthorization)) > 0 {
		setHeader(c, fiber.HeaderCacheControl, cachePrivate)
	}
	if s.cfg.HSTSMaxAge > 0 {
		setHeader(c, fiber.HeaderStrictTransportSecurity, "max-age="+strconv.Itoa(int(s.cfg.HSTSMaxAge.Seconds()))+"; includeSubDomains")
	}
}

// refusedConnection makes the response for a connection that is one too many.
func refusedConnection() []byte {
	id := newID().String()
	body := `{"type":"` + problemTypePrefix + `overloaded","title":"Overloaded","status":503,"detail":"too many connections",` +
		`"instance":"/","code":"overloaded","requestId":"` + id + `"}`
	return []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Type: " + mimeProblem + "\r\nCache-Control: no-store\r\n" +
		"Retry-After: 1\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: " + id + "\r\nConnection: close\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}
