package http

import (
	"embed"
	"path"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// livehouse is a page that draws an event's seats as they are sold, and sells some. It uses
// the public API alone.
//
//go:embed livehouse
var livehouse embed.FS

// livehousePolicy lets the page load and call nothing but this server.
const livehousePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// livehouseFiles returns the page's files by name.
func livehouseFiles() (map[string]*staticFile, error) {
	entries, err := livehouse.ReadDir("livehouse")
	if err != nil {
		return nil, err
	}
	files := make(map[string]*staticFile, len(entries))
	for _, entry := range entries {
		body, err := livehouse.ReadFile("livehouse/" + entry.Name())
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = newStaticFile(fileTypes[path.Ext(entry.Name())], body)
	}
	return files, nil
}

// liveHouse answers with the page of an event, which finds out itself whether there is one.
func (s *Server) liveHouse(c *fiber.Ctx) error { return s.livehouseFile(c, "index.html") }

// livehouseAsset answers with a file of the page.
func (s *Server) livehouseAsset(c *fiber.Ctx) error { return s.livehouseFile(c, c.Params("file")) }

func (s *Server) livehouseFile(c *fiber.Ctx, name string) error {
	file := s.livehouse[name]
	if file == nil {
		return eventra.Errorf(eventra.CodeNotFound, "there is no such page")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, livehousePolicy)
	return file.reply(c)
}
