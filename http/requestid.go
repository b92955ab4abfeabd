package http

import (
	"github.com/gofiber/fiber/v2"
)

const requestIDMaxBytes = 128

const requestIDLocal = "requestId"

// setRequestID gives the request the id that its client chose, if that is fit
// for logs, or a new one, and puts it on the response.
func setRequestID(c *fiber.Ctx) string {
	id := string(c.Request().Header.Peek(fiber.HeaderXRequestID))
	if !visibleASCII(id, requestIDMaxBytes) {
		id = newID().String()
	}
	c.Locals(requestIDLocal, id)
	c.Set(fiber.HeaderXRequestID, id)
	return id
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDLocal).(string)
	return id
}

// visibleASCII reports whether s has 1 to maxBytes bytes, none of them a
// space, a control character or beyond ASCII.
func visibleASCII(s string, maxBytes int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxBytes
}
