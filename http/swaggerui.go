package http

import (
	"embed"
	"io/fs"
	"path"

	"github.com/gofiber/fiber/v2"
	swaggerFiles "github.com/swaggo/files/v2"

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

// swaggerTypes are the media types of the files, by the ends of their names.
var swaggerTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".png":  "image/png",
}

// swaggerUIFiles returns the files below /api-docs/ by name. Nothing in them depends on a
// request.
func swaggerUIFiles() (map[string]*staticFile, error) {
	page, err := fs.Sub(swaggerPage, "swaggerui")
	if err != nil {
		return nil, err
	}
	files := map[string]*staticFile{}
	for name, from := range map[string]fs.FS{
		"index.html": page, "initializer.js": page,
		"swagger-ui.css": swaggerFiles.FS, "swagger-ui-bundle.js": swaggerFiles.FS, "swagger-ui-standalone-preset.js": swaggerFiles.FS,
		"favicon-16x16.png": swaggerFiles.FS, "favicon-32x32.png": swaggerFiles.FS,
	} {
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		files[name] = newStaticFile(swaggerTypes[path.Ext(name)], body)
		if from != page {
			files[name].cacheControl = swaggerFileMaxAge
		}
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
