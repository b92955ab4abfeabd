package http

import "github.com/gofiber/fiber/v2"

const requestIDMaxBytes = 128

const requestIDLocal = "requestId"

// setRequestID sets the id of the request and of its response: the client's, if it is fit
// for logs, or a new one.
func setRequestID(c *fiber.Ctx) {
	id := string(c.Request().Header.Peek(fiber.HeaderXRequestID))
	if !visibleASCII(id, requestIDMaxBytes) {
		id = newID().String()
	}
	c.Locals(requestIDLocal, id)
	c.Set(fiber.HeaderXRequestID, id)
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDLocal).(string)
	return id
}

// visibleASCII reports whether s has 1 to maxBytes bytes, all of them visible ASCII
// characters.
func visibleASCII(s string, maxBytes int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxBytes
}
