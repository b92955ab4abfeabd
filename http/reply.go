package http

import (
	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
)

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
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Response().SetBodyRaw(body)
	return nil
}
