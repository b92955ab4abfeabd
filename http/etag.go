package http

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// fresh sets a response's tag and caching headers. It reports whether the client
// already has this representation; the status is 304 then. Caches may store a
// response but must revalidate it each time.
func fresh(c *fiber.Ctx, tag string) bool {
	c.Set(fiber.HeaderETag, tag)
	if callerOf(c) != nil {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	c.Vary(fiber.HeaderAuthorization)
	for _, known := range entityTags(c, fiber.HeaderIfNoneMatch) {
		if known == "*" || strings.TrimPrefix(known, "W/") == tag { // weak comparison (RFC 9110, 13.1.2)
			c.Status(fiber.StatusNotModified)
			return true
		}
	}
	return false
}

// entityTags splits a header's list of tags at commas, which none of this server's tags
// contain.
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

// bodyTag returns the tag of a representation without a version of its own.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

const eventTagPrefix = `"v`

func eventTag(e *eventra.Event) string { return versionTag(eventTagPrefix, e.Version) }

// versionTag returns the tag of a version of what the prefix stands for.
func versionTag(prefix string, version int64) string {
	return prefix + strconv.FormatInt(version, 10) + tagSuffix
}

const tagSuffix = `"`

// ifMatchVersion returns the version that If-Match requires, or 0 for any. Tags of such a
// version begin with the prefix. Of several tags only the newest can be that of what is
// stored, so that one counts.
func ifMatchVersion(c *fiber.Ctx, prefix string) (version int64, err error) {
	tags := entityTags(c, fiber.HeaderIfMatch)
	for _, tag := range tags {
		if tag == "*" {
			return 0, nil
		}
		digits, ours := strings.CutPrefix(tag, prefix)
		digits, quoted := strings.CutSuffix(digits, tagSuffix)
		if v, err := strconv.ParseInt(digits, 10, 64); err == nil && ours && quoted && v > 0 {
			version = max(version, v)
		}
	}
	if len(tags) > 0 && version == 0 {
		return 0, eventra.Errorf(eventra.CodePreconditionFailed, "If-Match has no entity tag of this address")
	}
	return version, nil
}
