package http

//	@title			Eventra
//	@version		1.0
//	@description	Tickets for events: each seat is sold once, who was told "held" has the seat until the deadline, and who was told "confirmed" has it for good.
//	@description
//	@description	**Errors** are RFC 9457 problems; `code` is what to switch on. **Times** are RFC 3339 in UTC with milliseconds, **money** is integer minor units with an ISO 4217 code, **ids** are UUIDs.
//	@description	Every response has `X-Request-Id`, the request's own or a new one. Bodies are strict: a field that is not described here, one given twice, or a value of another JSON type is `malformed_body`.
//	@description
//	@description	To try it out: sign in below (`POST /api/v1/auth/login`), copy `accessToken`, press **Authorize**, paste it.
//	@servers.url	/
//	@tag.name		auth
//	@tag.description	Accounts and tokens
//	@tag.name		events
//	@tag.description	What is on
//	@tag.name		seats
//	@tag.description	What is free
//	@tag.name		bookings
//	@tag.description	Holding seats
//	@tag.name		payments
//	@tag.description	Keeping them
//	@tag.name		operations
//	@tag.description	For those who run it
//	@securityDefinitions.bearerauth	BearerAuth

import (
	"regexp"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/swagger"

	"github.com/eventra/eventra/docs"
)

// webFont is the one link in Swagger UI's template that leads elsewhere. The
// page must work offline.
var webFont = regexp.MustCompile(`<link href="https://[^>]*>`)

// swaggerPolicy keeps the page from loading anything that is not ours.
const swaggerPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// @ID openAPI
// @Summary This document
// @Tags operations
// @Success 200 {object} object "OpenAPI 3.1"
// @Success 304 "Not changed"
// @Router /openapi.json [get]
func (s *Server) openAPI(c *fiber.Ctx) error {
	if fresh(c, s.openAPITag) {
		return nil
	}
	return replyJSON(c, fiber.StatusOK, docs.OpenAPI)
}

// swaggerUI answers below /api-docs/.
func swaggerUI() fiber.Handler {
	ui := swagger.New(swagger.Config{
		Title:                  "Eventra API",
		URL:                    "/openapi.json",
		ValidatorUrl:           "none", // the default sends the document to a public server
		DeepLinking:            true,
		DocExpansion:           "list",
		PersistAuthorization:   true,
		TryItOutEnabled:        true,
		DisplayRequestDuration: true,
	})
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, swaggerPolicy)
		err := ui(c)
		if c.Params("*") == "index.html" {
			c.Response().SetBodyRaw(webFont.ReplaceAll(c.Response().Body(), nil))
		}
		return err
	}
}

func toSwaggerUI(c *fiber.Ctx) error { return c.Redirect("/api-docs/index.html", fiber.StatusFound) }
