package http

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// APIKey is a key that programs call with, without its secret.
type APIKey struct {
	ID         eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a05" validate:"required"`
	Name       string     `json:"name" example:"Ticket shop" validate:"required"`                                 // of the shop; keys of one name sell to the same customers
	Prefix     string     `json:"prefix" example:"evk_0197f2a06c1e7b3a9d542f6f0f8b1a05" validate:"required"`      // how the key begins, by which its owner knows it; it is no secret
	Scopes     []string   `json:"scopes" example:"bookings:write,bookings:read" validate:"required"`              // what it may do
	EventIDs   []string   `json:"eventIds,omitzero" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1"` // the only events that it may touch; without it, all
	CreatedAt  Time       `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	ExpiresAt  *Time      `json:"expiresAt,omitzero" swaggertype:"string" format:"date-time" example:"2028-05-01T12:00:00.000Z"`
	LastUsedAt *Time      `json:"lastUsedAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z"` // give or take a minute
}

// NewAPIKey is a key that was just made. It alone has the secret.
type NewAPIKey struct {
	APIKey
	Key string `json:"key" example:"evk_0197f2a06c1e7b3a9d542f6f0f8b1a05_mzxw6ytboi4dqlrqgizsy43fmnsxg5a2nbuw4zlwmvzsa5dimfxgi4tpnv" validate:"required"` // for Authorization: Bearer; it is not shown again
}

// APIKeyPage is one page of the list of keys.
type APIKeyPage struct {
	Items      []APIKey `json:"items" validate:"required"`
	NextCursor *string  `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newAPIKey(k *eventra.APIKey) APIKey {
	out := APIKey{ID: k.ID, Name: k.Name, Prefix: auth.APIKeyName(k.ID), Scopes: make([]string, len(k.Scopes)),
		CreatedAt: Time(k.CreatedAt), ExpiresAt: timeOrNone(k.ExpiresAt), LastUsedAt: timeOrNone(k.LastUsedAt)}
	for i, scope := range k.Scopes {
		out.Scopes[i] = string(scope)
	}
	for _, event := range k.EventIDs {
		out.EventIDs = append(out.EventIDs, event.String())
	}
	return out
}

// APIKeyRequest asks for a key.
type APIKeyRequest struct {
	Name      string   `json:"name" minLength:"1" maxLength:"100" example:"Ticket shop" validate:"required"`                                                        // of the shop; keys of one name sell to the same customers
	Scopes    []string `json:"scopes,omitzero" enums:"events:write,bookings:write,bookings:read,refunds:write,reports:read" example:"bookings:write,bookings:read"` // what it may do; without it, nothing
	EventIDs  []string `json:"eventIds,omitzero" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1"`                                                      // the only events that it may touch, at most 100; without it, all
	ExpiresAt *string  `json:"expiresAt,omitzero" format:"date-time" example:"2035-05-01T12:00:00Z"`                                                                // in the future; without it, never
}

// key makes the key that is asked for.
func (r *APIKeyRequest) key(now time.Time) (*eventra.APIKey, error) {
	var faults eventra.Faults
	key := &eventra.APIKey{Name: auth.NormalizeName(r.Name)}
	for _, scope := range r.Scopes {
		key.Scopes = append(key.Scopes, eventra.Scope(scope))
	}
	for i, text := range r.EventIDs[:min(len(r.EventIDs), eventra.APIKeyEventsMax+1)] {
		id, err := eventra.ParseID(text)
		if err != nil || id.IsZero() {
			faults.Add("eventIds["+strconv.Itoa(i)+"]", "invalid_id", "must be the id of an event")
		}
		key.EventIDs = append(key.EventIDs, id)
	}
	if r.EventIDs != nil && len(r.EventIDs) == 0 { // it would read as a key for no event, and be one for all
		faults.Add("eventIds", "empty", "must name at least one event, or be left out")
	}
	if expires := parseOptionalTime(&faults, "expiresAt", r.ExpiresAt); expires != nil {
		key.ExpiresAt = *expires
	}
	key.Validate(&faults, now)
	return key, faults.Err()
}

// @ID createAPIKey
// @Summary Make an API key
// @Description For a program that is no person, such as a shop's server. The key is in the answer, and never shown again: only a hash of it is kept. It may do what its scopes name, nothing without any: events:write is everything about events, their seats and prices; bookings:write holds, releases and pays; bookings:read; refunds:write; reports:read. A key that is limited to events makes no new ones. What anyone may read, a key may read, too. The same Idempotency-Key again gets the same API key with a new secret, and the one before ends.
// @Tags keys
// @Security BearerAuth
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body APIKeyRequest true "Name and scopes"
// @Success 201 {object} NewAPIKey "The key, with its secret"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 409 {object} Problem "idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @x-examples {"a shop": {"name": "Ticket shop", "scopes": ["bookings:write", "bookings:read"]}, "a report of one event": {"name": "Statistics", "scopes": ["reports:read"], "eventIds": ["01900000-0000-7000-8000-0000000000e1"], "expiresAt": "2035-05-01T12:00:00Z"}}
// @Router /api/v1/admin/api-keys [post]
func (s *Server) createAPIKey(c *fiber.Ctx) error {
	var r APIKeyRequest
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	key, err := r.key(time.Now())
	if err != nil {
		return err
	}
	key.ID = resourceID(c)
	about(c, "apiKeyId", key.ID)
	text, hash := auth.NewAPIKey(key.ID)
	made, err := s.cfg.APIKeys.PutAPIKey(c.UserContext(), key, hash)
	if err != nil {
		return err
	}
	if made.Version > 0 { // the secret before has ended
		s.deny(made.ID, made.Version)
	}
	return reply(c, fiber.StatusCreated, &NewAPIKey{newAPIKey(made), text})
}

// idempotentAPIKey is idempotent for new API keys. Their secrets are not stored.
func (s *Server) idempotentAPIKey(c *fiber.Ctx) error {
	return s.carryOutOnce(c, repeatable{subject: callerID, renew: s.createAPIKey})
}

// @ID listAPIKeys
// @Summary List the API keys
// @Description Those that have not been revoked, newest first. The secrets are in no answer.
// @Tags keys
// @Security BearerAuth
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} APIKeyPage "A page of keys"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/api-keys [get]
func (s *Server) listAPIKeys(c *fiber.Ctx) error {
	q := query{c: c}
	page := q.page(s.cursors, "api-keys")
	if err := q.faults.Err(); err != nil {
		return err
	}
	keys, next, err := s.cfg.APIKeys.APIKeys(c.UserContext(), page)
	if err != nil {
		return err
	}
	list := APIKeyPage{Items: make([]APIKey, len(keys)), NextCursor: s.cursors.seal(next, "api-keys")}
	for i := range keys {
		list.Items[i] = newAPIKey(&keys[i])
	}
	return reply(c, fiber.StatusOK, &list)
}

// @ID revokeAPIKey
// @Summary Revoke an API key
// @Description It ends at once, on every instance. Repeating the request is harmless.
// @Tags keys
// @Security BearerAuth
// @Param apiKeyId path string true "API key" format(uuid)
// @Success 204 "Revoked"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found"
// @Router /api/v1/admin/api-keys/{apiKeyId} [delete]
func (s *Server) revokeAPIKey(c *fiber.Ctx) error {
	id, err := pathID(c, "apiKeyId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	if err := s.cfg.APIKeys.RevokeAPIKey(c.UserContext(), id); err != nil {
		return err
	}
	s.deny(id, eventra.AllVersions)
	return c.SendStatus(fiber.StatusNoContent)
}
