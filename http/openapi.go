package http

//	@title			Eventra
//	@version		1.0
//	@description	Tickets for events. Each seat is sold once. A booking that is `HELD` keeps its seats until the deadline, one that is `CONFIRMED` for good.
//	@description
//	@description	**Errors** are RFC 9457 problems; `code` is what to switch on. **Times** are RFC 3339 in UTC with milliseconds, **money** is integer minor units with an ISO 4217 code, **ids** are UUIDs.
//	@description	Every response has an `X-Request-Id`: that of the request, or a new one. Requests are strict: an unknown field, a repeated one, a value of another JSON type, or a body where none is taken (except `{}` and `null`) is `malformed_body`; an unknown or repeated query parameter is `validation_failed`. A field that is `null` counts as left out; integers have no fraction and no exponent.
//	@description
//	@description	To try it out: sign in below (`POST /api/v1/auth/login`), copy `accessToken`, press **Authorize**, paste it.
//	@description
//	@description	Programs call with an **API key** in place of the access token: `Authorization: Bearer evk_…`. Administrators make keys (`POST /api/v1/admin/api-keys`); a key may do what its scopes name, and without one that is needed gets 403 `scope_missing`.
//	@contact.name	The Eventra maintainers
//	@license.name	Apache-2.0
//	@license.url	https://www.apache.org/licenses/LICENSE-2.0
//	@servers.url	/
//	@tag.name		auth
//	@tag.description	Accounts and tokens
//	@tag.name		events
//	@tag.description	Events and their details
//	@tag.name		seats
//	@tag.description	Seat maps and availability
//	@tag.name		bookings
//	@tag.description	Holding and releasing seats
//	@tag.name		payments
//	@tag.description	Paying for held seats
//	@tag.name		back office
//	@tag.description	Everybody's bookings, for administrators
//	@tag.name		keys
//	@tag.description	Keys that programs call with
//	@tag.name		operations
//	@tag.description	For operators
//	@securityDefinitions.bearerauth	BearerAuth

import "github.com/gofiber/fiber/v2"

// @ID openAPI
// @Summary Get this document
// @Description The document that this instance was built with.
// @Tags operations
// @Success 200 {object} object "OpenAPI 3.1"
// @Success 304 "Not changed"
// @Router /openapi.json [get]
func (s *Server) openAPI(c *fiber.Ctx) error { return s.document.reply(c) }
