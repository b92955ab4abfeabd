package http

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/swagger"

	"github.com/eventra/eventra/docs"
)

// swaggerPolicy keeps the page from loading anything that is not ours: its
// template names a web font, and it must work offline.
const swaggerPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

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
		return ui(c)
	}
}

func toSwaggerUI(c *fiber.Ctx) error { return c.Redirect("/api-docs/index.html", fiber.StatusFound) }
