package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// routes registers every route: who may call it, how often, and with which input. The
// arguments before a handler run before it, from left to right, and make retries harmless.
func (s *Server) routes() {
	anyone, users, admins := s.anyone, s.usersOr(""), s.adminsOr("")
	// These are also open to API keys with a scope.
	organisers, refunders := s.adminsOr(eventra.ScopeEventsWrite), s.adminsOr(eventra.ScopeRefundsWrite)
	backOffice, reporters := s.adminsOr(eventra.ScopeBookingsRead), s.adminsOr(eventra.ScopeReportsRead)
	buyers, readers := s.usersOr(eventra.ScopeBookingsWrite), s.usersOr(eventra.ScopeBookingsRead)
	auth, reads, writes, bookings := s.limited(rateAuth), s.limited(rateReads), s.limited(rateWrites), s.limited(rateBookings)
	mails := s.limited(rateMails)
	body, seatsBody := jsonObject(bodyMaxBytes), jsonObject(seatsBodyMaxBytes)

	s.app.Use(s.observe)
	if s.crossOrigin != nil {
		s.app.Use(s.crossOrigin.preflight)
	}
	root := routeTable{s, s.app}
	root.get("/healthz", strangers, unlimited, probe, s.healthz)
	root.get("/readyz", strangers, unlimited, probe, s.readyz)
	if !s.cfg.OwnOperations {
		root.get("/metrics", s.thisMachine, unlimited, probe, s.metrics())
	}
	root.get("/", strangers, unlimited, probe, s.pages.frontPage)
	root.get("/events/:eventId", strangers, unlimited, probe, s.liveHouse)
	root.get("/livehouse/:file", strangers, unlimited, probe, s.livehouseAsset)
	root.get("/favicon.ico", strangers, unlimited, probe, s.pages.favicon)
	root.get("/openapi.json", strangers, unlimited, probe, s.openAPI)
	root.get("/api-docs", strangers, unlimited, probe, toSwaggerUI)
	root.get("/api-docs/", strangers, unlimited, probe, toSwaggerUI)
	root.get("/api-docs/*", strangers, unlimited, probe, s.swaggerUI)

	root.get(verifyEmailPath, strangers, unlimited, pageLink, s.verifyEmailPage)
	root.post(verifyEmailPath, s.started, auth, pageForm, s.submitVerifyEmail)
	root.get(resetPasswordPath, strangers, unlimited, pageLink, s.resetPasswordPage)
	root.post(resetPasswordPath, s.started, auth, pageForm, s.submitResetPassword)

	api := routeTable{s, s.app.Group("/api/v1", s.started)}
	api.post("/auth/register", strangers, auth, body, s.idempotentRegistration, s.register)
	api.post("/auth/login", strangers, auth, body, s.login)
	api.post("/auth/refresh", strangers, auth, body, s.refresh)
	api.post("/auth/logout", users, writes, body, s.logout)
	api.post("/auth/logout-all", users, writes, nothing, s.logoutAll)
	api.post("/auth/password", users, auth, body, s.changePassword)
	api.post("/auth/password/forgot", strangers, mails, body, s.forgotPassword)
	api.post("/auth/password/reset", strangers, auth, body, s.resetPassword)
	api.post("/auth/email/verify", strangers, auth, body, s.verifyEmail)
	api.post("/auth/email/verification", users, mails, nothing, s.sendVerification)
	api.get("/auth/sessions", users, reads, parameters("limit", "cursor"), s.listSessions)
	api.delete("/auth/sessions/:sessionId", users, writes, nothing, s.endSession)
	api.get("/auth/me", users, reads, nothing, s.me)
	api.get("/auth/me/export", users, auth, nothing, s.exportMe)
	api.patch("/auth/me", users, auth, jsonObject(bodyMaxBytes, mimeMergePatch), s.changeMe)
	api.delete("/auth/me", users, auth, body, s.eraseMe)

	api.get("/events", anyone, reads, parameters("q", "category", "city", "from", "to", "status", "limit", "cursor"), s.listEvents)
	api.post("/events", organisers, writes, body, s.idempotent, s.createEvent)
	api.get("/events/:eventId", anyone, reads, nothing, s.getEvent)
	api.patch("/events/:eventId", organisers, writes, jsonObject(bodyMaxBytes, mimeMergePatch), s.updateEvent)
	api.delete("/events/:eventId", organisers, writes, nothing, s.deleteEvent)
	api.post("/events/:eventId/publish", organisers, writes, nothing, s.idempotent, s.publishEvent)
	api.post("/events/:eventId/cancel", organisers, writes, optionalJSONObject(bodyMaxBytes), s.idempotent, s.cancelEvent)
	api.post("/events/:eventId/reschedule", organisers, writes, body, s.idempotent, s.rescheduleEvent)
	api.get("/events/:eventId/cancellation", organisers, reads, nothing, s.getCancellation)

	api.post("/events/:eventId/seats", organisers, writes, seatsBody, timeout(seatsTimeout), s.idempotent, s.addSeats)
	api.get("/events/:eventId/seats", anyone, reads, parameters("section", "since"), s.seatMap)
	api.post("/events/:eventId/seats/remove", organisers, writes, seatsBody, timeout(seatsTimeout), s.idempotent, s.removeSeats)
	api.patch("/events/:eventId/seats", organisers, writes, seatsBody, timeout(seatsTimeout), s.patchSeats)
	api.get("/events/:eventId/seats/blocked", organisers, reads, parameters("limit", "cursor"), s.listBlocks)
	api.get("/events/:eventId/seats/stream", anyone, reads, parameters("since"), s.streamSeats)
	api.patch("/events/:eventId/sections/:name", organisers, writes, body, s.changeSection)
	api.get("/events/:eventId/availability", anyone, reads, nothing, s.availability)
	api.get("/events/:eventId/pricing", anyone, reads, nothing, s.getPricing)
	api.put("/events/:eventId/pricing", organisers, writes, seatsBody, timeout(seatsTimeout), s.putPricing)

	api.get("/bookings", users, reads, parameters("status", "eventId", "limit", "cursor"), s.listBookings)
	api.post("/bookings", buyers, bookings, body, s.countedHold, s.holdOnce)
	api.get("/bookings/:bookingId", readers, reads, nothing, s.getBooking)
	api.patch("/bookings/:bookingId", s.adminsOr(eventra.ScopeBookingsWrite), bookings, jsonObject(bodyMaxBytes, mimeMergePatch), s.updateBooking)
	api.delete("/bookings/:bookingId", buyers, bookings, nothing, s.releaseBooking)
	api.get("/bookings/:bookingId/payments", readers, reads, parameters("limit", "cursor"), s.listPayments)
	api.post("/bookings/:bookingId/payments", buyers, bookings, body, timeout(s.cfg.PaymentTimeout), s.idempotent, s.pay)
	api.get("/bookings/:bookingId/refunds", readers, reads, parameters("limit", "cursor"), s.listRefunds)
	api.post("/bookings/:bookingId/refunds", refunders, writes, body, timeout(s.cfg.PaymentTimeout), s.idempotent, s.refundItems)
	api.post("/bookings/:bookingId/refund", refunders, writes, nothing, s.idempotent, s.refundBooking)

	api.get("/admin/bookings", backOffice, reads, parameters("eventId", "status", "email", "reference", "seat", "from", "to", "limit", "cursor"), s.searchBookings)
	api.get("/admin/bookings/:bookingId", backOffice, reads, nothing, s.getBookingRecord)
	api.post("/admin/api-keys", admins, writes, body, s.idempotentAPIKey, s.createAPIKey)
	api.get("/admin/api-keys", admins, reads, parameters("limit", "cursor"), s.listAPIKeys)
	api.delete("/admin/api-keys/:apiKeyId", admins, writes, nothing, s.revokeAPIKey)
	api.post("/admin/bookings/:bookingId/mails", admins, writes, nothing, s.idempotent, s.sendTicketsAgain)
	api.delete("/admin/bookings/:bookingId", admins, writes, nothing, s.forceRelease)
	api.get("/admin/events/:eventId/report", reporters, reads, nothing, timeout(reportTimeout), s.getEventReport)
	api.get("/admin/events/:eventId/seats/:seat/history", reporters, reads, parameters("at", "limit", "cursor"), s.getSeatHistory)
	api.get("/admin/events/:eventId/bookings.csv", reporters, reads, parameters("status"), s.exportBookings)
	api.get("/admin/users", admins, reads, parameters("q", "role", "limit", "cursor"), s.listUsers)
	api.get("/admin/users/:userId", admins, reads, nothing, s.getUser)
	api.patch("/admin/users/:userId", admins, writes, body, s.updateUser)
	api.get("/admin/audit", admins, reads, parameters("actor", "action", "subject", "from", "to", "limit", "cursor"), s.listAudit)
	api.get("/admin/mails", admins, reads, parameters("status", "limit", "cursor"), s.listMails)
	api.post("/admin/mails/:mailId/retry", admins, writes, nothing, s.retryMail)
	api.get("/admin/cluster", admins, reads, nothing, s.cluster)
}

// strangers admits callers without looking at their token, unlimited any number of requests.
func strangers(c *fiber.Ctx) error { return c.Next() }
func unlimited(c *fiber.Ctx) error { return c.Next() }

// probe is the input of addresses that are not part of the API.
var probe = input{anyQuery: true}

// Routes returns what the server answers, as "GET /api/v1/events/:eventId".
func (s *Server) Routes() []string {
	var routes []string
	for _, route := range s.app.GetRoutes(true) {
		routes = append(routes, route.Method+" "+route.Path)
	}
	return routes
}
