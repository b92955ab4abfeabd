package http

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

const requestIDMaxBytes = 128

// setRequestID sets the id of the request and of its response: the client's, if it is fit
// for logs, or a new one.
func setRequestID(c *fiber.Ctx, now time.Time) {
	id := string(c.Request().Header.Peek(fiber.HeaderXRequestID))
	if !visibleASCII(id, requestIDMaxBytes) {
		id = newRequestID(now).String()
	}
	exchangeOf(c).requestID = id
	setHeader(c, headerRequestID, id)
}

// newRequestID makes a UUID of version 7. Nothing depends on nobody guessing it, so it takes
// neither a lock nor the kernel's randomness, as [newID] does.
func newRequestID(now time.Time) (id eventra.ID) {
	const version, variant, variantBits = 7 << 12, 2 << 62, 3 << 62
	random := rand.Uint64() //nolint:gosec // no secret
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16|version|random>>52)
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()&^variantBits|variant) //nolint:gosec // no secret
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
