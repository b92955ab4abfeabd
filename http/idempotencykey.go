package http

import (
	"crypto/sha256"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

const (
	headerIdempotencyKey   = "Idempotency-Key"
	idempotencyKeyMaxBytes = 255
)

// idempotencyKey reads the key that the client chose.
func idempotencyKey(c *fiber.Ctx) (key eventra.IdempotencyKey, given bool, err error) {
	values := c.Request().Header.PeekAll(headerIdempotencyKey)
	if len(values) == 0 {
		return key, false, nil
	}
	key.Key = string(values[0])
	if len(values) > 1 || !visibleASCII(key.Key, idempotencyKeyMaxBytes) {
		var faults eventra.Faults
		faults.Add(headerIdempotencyKey, "invalid_key", "must be one header of 1 to %d visible ASCII characters", idempotencyKeyMaxBytes)
		return key, true, faults.Err()
	}
	return key, true, nil
}

// scope sets whose key it is, and of which route. It reports false for a request that
// names nothing, in its path or as its subject: what its handler refuses needs no claim.
func (r repeatable) scope(c *fiber.Ctx, key *eventra.IdempotencyKey) (ok bool) {
	if key.Route, ok = canonicalRoute(c); ok {
		key.UserID, ok = r.subject(c)
	}
	return ok
}

// canonicalRoute returns the method and the path of a request as this API writes them, so
// that no client chooses what is stored. It reports false if an id in the path is none.
func canonicalRoute(c *fiber.Ctx) (route string, ok bool) {
	matched := c.Route()
	path := matched.Path
	for _, name := range matched.Params {
		id, err := eventra.ParseID(c.Params(name))
		if err != nil {
			return "", false
		}
		path = strings.Replace(path, ":"+name, id.String(), 1)
	}
	return methodOf(c) + " " + path, true
}

func callerID(c *fiber.Ctx) (eventra.ID, bool) {
	if caller := callerOf(c); caller != nil {
		return caller.UserID, true
	}
	return eventra.ID{}, false
}

// emailID makes an id from the e-mail address in the body, which is who an anonymous
// request is about. So two people may choose the same key.
func emailID(c *fiber.Ctx) (id eventra.ID, ok bool) {
	var who struct {
		Email string `json:"email"`
	}
	if err := json.Unmarshal(c.Request().Body(), &who); err != nil || who.Email == "" {
		return id, false
	}
	sum := sha256.Sum256([]byte("e-mail " + auth.NormalizeEmail(who.Email)))
	copy(id[:], sum[:])
	return id, true
}
