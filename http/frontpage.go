package http

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"

	"github.com/gofiber/fiber/v2"
)

//go:embed frontpage/index.html
var frontPageHTML []byte

//go:embed frontpage/favicon.svg
var faviconSVG []byte

// frontPagePolicy lets the page have its own style, and load and call nothing but this server.
var frontPagePolicy = "default-src 'none'; style-src " + styleHash(frontPageHTML) + "; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// styleHash returns the source expression of a page's only style element.
func styleHash(page []byte) string {
	_, style, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ = bytes.Cut(style, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pages are what people see who open the address of the API in a browser.
type pages struct{ front, icon *staticFile }

func newPages() *pages {
	icon := newStaticFile("image/svg+xml", faviconSVG)
	icon.cacheControl = swaggerFileMaxAge
	return &pages{front: newStaticFile("text/html; charset=utf-8", frontPageHTML), icon: icon}
}

// frontPage says what this is, and where to go on.
func (p *pages) frontPage(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, frontPagePolicy)
	return p.front.reply(c)
}

// favicon answers browsers, which ask for it unasked.
func (p *pages) favicon(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'")
	return p.icon.reply(c)
}
