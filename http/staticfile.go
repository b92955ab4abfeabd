package http

import (
	"sync"

	"github.com/gofiber/fiber/v2"
)

// staticFile is a representation that is the same for everybody as long as the process
// runs. It is compressed once for each coding.
type staticFile struct {
	contentType  string
	cacheControl string // "no-cache" if empty
	tag          string // of the uncompressed body, in quotes
	body         []byte
	coded        map[string]func() []byte // by content coding
}

func newStaticFile(contentType string, body []byte) *staticFile {
	f := &staticFile{contentType: contentType, tag: bodyTag(body), body: body, coded: map[string]func() []byte{}}
	for _, coding := range []string{codingBrotli, codingGzip} {
		f.coded[coding] = sync.OnceValue(func() []byte { return encodeAs(coding, body) })
	}
	return f
}

// reply answers with the file in the best coding that the client accepts.
func (f *staticFile) reply(c *fiber.Ctx) error {
	coding := acceptedCoding(c)
	body, tag := f.body, f.tag
	if coded := f.coded[coding]; coded != nil {
		if packed := coded(); len(packed) < len(body) {
			body, tag = packed, codedTag(f.tag, coding)
		}
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	known := fresh(c, tag)
	if f.cacheControl != "" {
		c.Set(fiber.HeaderCacheControl, f.cacheControl)
	}
	if known {
		return nil
	}
	c.Set(fiber.HeaderContentType, f.contentType)
	if tag != f.tag {
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	c.Response().SetBodyRaw(body)
	return nil
}

// codedTag returns the tag of a representation in a content coding.
func codedTag(tag, coding string) string { return tag[:len(tag)-1] + "-" + coding + `"` }
