package http

import (
	"embed"
	"fmt"
	"path"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/swagger"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
)

//go:embed swaggerui
var swaggerPage embed.FS

// swaggerFileMaxAge is how long a browser keeps a file of Swagger UI without asking. The
// page itself is asked for each time.
const swaggerFileMaxAge = "public, max-age=86400"

// swaggerPolicy lets the page load nothing but this server's own files. Swagger UI sets
// style attributes.
const swaggerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// fileTypes are the media types of files, by the ends of their names.
var fileTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".png":  "image/png",
}

// swaggerUIFiles returns the files below /api-docs/ by name: Swagger UI's from the library,
// and a page of this server's own. The library makes its answers from the headers of its
// first visitor, so it answers only here, a request without any.
func swaggerUIFiles() (map[string]*staticFile, error) {
	files := map[string]*staticFile{}
	for _, name := range []string{"index.html", "initializer.js"} {
		body, err := swaggerPage.ReadFile("swaggerui/" + name)
		if err != nil {
			return nil, err
		}
		files[name] = newStaticFile(fileTypes[path.Ext(name)], body)
	}
	library := fiber.New(fiber.Config{DisableStartupMessage: true})
	library.Get("/*", swagger.New())
	answer := library.Handler()
	for _, name := range []string{"swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "favicon-16x16.png", "favicon-32x32.png"} {
		var c fasthttp.RequestCtx
		c.Request.SetRequestURI("/" + name)
		answer(&c)
		if c.Response.StatusCode() != fiber.StatusOK {
			return nil, fmt.Errorf("http: Swagger UI has no %s", name)
		}
		files[name] = newStaticFile(fileTypes[path.Ext(name)], c.Response.Body())
		files[name].cacheControl = swaggerFileMaxAge
	}
	return files, nil
}

// swaggerUI serves Swagger UI below /api-docs/.
func (s *Server) swaggerUI(c *fiber.Ctx) error {
	file := s.swaggerFiles[c.Params("*")]
	if file == nil {
		return eventra.Errorf(eventra.CodeNotFound, "there is no such page")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, swaggerPolicy)
	return file.reply(c)
}

func toSwaggerUI(c *fiber.Ctx) error { return c.Redirect("/api-docs/index.html", fiber.StatusFound) }
