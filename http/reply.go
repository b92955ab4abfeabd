package http

import (
	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
)

// Names of headers in the form that [setHeader] takes.
const (
	headerRequestID      = "X-Request-Id"
	headerRateLimit      = "Ratelimit-Limit"
	headerRateRemaining  = "Ratelimit-Remaining"
	headerRateLimitReset = "Ratelimit-Reset"
)

// setHeader sets a header of every response. Its name is in the form that the HTTP library
// would otherwise give it each time.
func setHeader(c *fiber.Ctx, name, value string) {
	c.Response().Header.SetCanonical(utils.UnsafeBytes(name), utils.UnsafeBytes(value)) // which copies both
}

// reply answers with a value as JSON.
func reply(c *fiber.Ctx, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return replyJSON(c, status, body)
}

// replyJSON answers with encoded JSON. The caller must not write to body afterwards.
func replyJSON(c *fiber.Ctx, status int, body []byte) error {
	c.Status(status)
	c.Response().Header.SetContentType(fiber.MIMEApplicationJSON)
	c.Response().SetBodyRaw(body)
	return nil
}
