package http

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// fresh puts the tag and caching rules on a response and reports whether the
// client has just this representation already, which is then answered by 304.
// Caches may keep what they get but must ask each time.
func fresh(c *fiber.Ctx, tag string) bool {
	c.Set(fiber.HeaderETag, tag)
	if callerOf(c) != nil {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	c.Vary(fiber.HeaderAuthorization)
	for _, known := range entityTags(c, fiber.HeaderIfNoneMatch) {
		if known == "*" || strings.TrimPrefix(known, "W/") == tag { // RFC 9110, 13.1.2: weakly compared
			c.Status(fiber.StatusNotModified)
			return true
		}
	}
	return false
}

// entityTags splits a list of tags as they stand. None of ours has a comma in it.
func entityTags(c *fiber.Ctx, header string) []string {
	value := string(c.Request().Header.Peek(header))
	if strings.TrimSpace(value) == "" {
		return nil
	}
	tags := strings.Split(value, ",")
	for i := range tags {
		tags[i] = strings.TrimSpace(tags[i])
	}
	return tags
}

// bodyTag is the tag of a representation that has no version of its own.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

const eventTagPrefix, eventTagSuffix = `"v`, `"`

func eventTag(e *eventra.Event) string {
	return eventTagPrefix + strconv.FormatInt(e.Version, 10) + eventTagSuffix
}

// ifMatchVersion returns the version that If-Match makes a condition; 0 for
// none. Of several tags the newest counts: no other can be the stored one, if
// the client has them from us.
func ifMatchVersion(c *fiber.Ctx) (version int64, err error) {
	tags := entityTags(c, fiber.HeaderIfMatch)
	for _, tag := range tags {
		if tag == "*" {
			return 0, nil
		}
		digits, ours := strings.CutPrefix(tag, eventTagPrefix)
		digits, quoted := strings.CutSuffix(digits, eventTagSuffix)
		if v, err := strconv.ParseInt(digits, 10, 64); err == nil && ours && quoted && v > 0 {
			version = max(version, v)
		}
	}
	if len(tags) > 0 && version == 0 {
		return 0, eventra.Errorf(eventra.CodePreconditionFailed, "If-Match has no entity tag of this event")
	}
	return version, nil
}
