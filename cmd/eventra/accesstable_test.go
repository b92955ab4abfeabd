package main

import "github.com/eventra/eventra"

// access says what a route answers to whom. The bookings are the user's.
type access struct {
	route string
	needs string // the event's or the booking's state
	body  any    // or a function of the cell
	want  statuses
}

// statuses are by caller. ended is for tokens that are not good any more.
type statuses struct {
	anonymous, user, other, admin, ended int
	keys                                 keyStatuses
}

// keyStatuses are for API keys: with the scope that the route asks for, if any; without it; with
// every scope, but for another event; and for those that are not good any more.
type keyStatuses struct {
	scope                           eventra.Scope
	with, without, elsewhere, ended int
}

// to returns the statuses with another one for success.
func (s statuses) to(status int) statuses {
	k := &s.keys
	for _, each := range []*int{&s.anonymous, &s.user, &s.other, &s.admin, &s.ended, &k.with, &k.without, &k.elsewhere, &k.ended} {
		if *each == 200 {
			*each = status
		}
	}
	return s
}

// and returns the statuses with others for API keys.
func (s statuses) and(scope eventra.Scope, elsewhere int) statuses {
	s.keys = keyStatuses{scope, 200, s.keys.without, elsewhere, 401}
	return s
}

// accessTable has a row for each route.
func accessTable() []access {
	noKeys := keyStatuses{"", 403, 403, 403, 401}
	everyone := statuses{200, 200, 200, 200, 200, keyStatuses{"", 200, 200, 200, 200}} // whatever the token
	anyone := statuses{200, 200, 200, 200, 401, keyStatuses{"", 200, 200, 200, 401}}
	users := statuses{401, 200, 200, 200, 401, noKeys}
	owner := statuses{401, 200, 404, 404, 401, noKeys}
	ownerOrAdmin := statuses{401, 200, 404, 200, 401, noKeys}
	admins := statuses{401, 403, 403, 200, 401, noKeys}
	organisers := admins.and(eventra.ScopeEventsWrite, 403)
	reporters := admins.and(eventra.ScopeReportsRead, 403)
	refunders := admins.and(eventra.ScopeRefundsWrite, 404)
	findsDrafts := statuses{404, 404, 404, 200, 401, keyStatuses{eventra.ScopeEventsWrite, 200, 404, 404, 401}}
	return []access{
		{"GET /healthz", "", nil, everyone},
		{"GET /readyz", "", nil, everyone},
		{"GET /metrics", "", nil, everyone}, // on this machine
		{"GET /", "", nil, everyone},
		{"GET /favicon.ico", "", nil, everyone},
		{"GET /events/:eventId", "published", nil, everyone},
		{"GET /livehouse/:file", "", nil, everyone},
		{"GET /openapi.json", "", nil, everyone},
		{"GET /api-docs", "", nil, everyone.to(302)},
		{"GET /api-docs/", "", nil, everyone.to(302)},
		{"GET /api-docs/*", "", nil, everyone},

		{"GET /verify-email", "", nil, everyone},
		{"POST /verify-email", "", (*cell).verifyForm, everyone},
		{"GET /reset-password", "", nil, everyone},
		{"POST /reset-password", "", (*cell).resetForm, everyone},

		{"POST /api/v1/auth/register", "", (*cell).registration, everyone.to(201)},
		{"POST /api/v1/auth/login", "", object{"email": adminEmail, "password": adminPassword}, everyone},
		{"POST /api/v1/auth/refresh", "", (*cell).refreshToken, everyone},
		{"POST /api/v1/auth/logout", "", (*cell).refreshToken, users.to(204)},
		{"POST /api/v1/auth/email/verify", "", (*cell).verifyToken, everyone.to(204)},
		{"POST /api/v1/auth/email/verification", "", nil, users.to(202)},
		{"POST /api/v1/auth/password/forgot", "", object{"email": "nobody@example.org"}, everyone.to(202)},
		{"POST /api/v1/auth/password/reset", "", (*cell).resetToken, everyone.to(204)},
		{"GET /api/v1/auth/sessions", "", nil, users},
		{"DELETE /api/v1/auth/sessions/:sessionId", "session", nil, owner.to(204)},
		{"GET /api/v1/auth/me", "", nil, users},
		{"GET /api/v1/auth/me/export", "", nil, users},
		{"PATCH /api/v1/auth/me", "", object{"name": "Somebody"}, users},
		{"DELETE /api/v1/auth/me", "", object{"password": "wrong"}, users.to(422)}, // nobody else has to go on without one

		{"GET /api/v1/events", "", nil, anyone},
		{"POST /api/v1/events", "", eventBody(), organisers.to(201)},
		{"GET /api/v1/events/:eventId", "published", nil, anyone},
		{"GET /api/v1/events/:eventId", "draft", nil, findsDrafts},
		{"PATCH /api/v1/events/:eventId", "draft", object{"title": "Another"}, organisers},
		{"DELETE /api/v1/events/:eventId", "draft", nil, organisers.to(204)},
		{"POST /api/v1/events/:eventId/publish", "draft", nil, organisers},
		{"POST /api/v1/events/:eventId/cancel", "published", nil, organisers},
		{"POST /api/v1/events/:eventId/reschedule", "published", object{"startsAt": "2031-05-01T19:30:00Z", "endsAt": "2031-05-01T22:00:00Z"}, organisers},
		{"GET /api/v1/events/:eventId/cancellation", "cancelled", nil, organisers},
		{"POST /api/v1/events/:eventId/seats", "draft", seatsOf("B"), organisers.to(201)},
		{"POST /api/v1/events/:eventId/seats/remove", "draft", object{"seats": []string{"A-1-1"}}, organisers},
		{"PATCH /api/v1/events/:eventId/seats", "draft", object{"section": "A", "set": object{"status": "AVAILABLE"}}, organisers},
		{"PATCH /api/v1/events/:eventId/sections/:name", "floor", object{"capacity": 20}, organisers},
		{"GET /api/v1/events/:eventId/seats/blocked", "draft", nil, organisers},
		{"GET /api/v1/events/:eventId/seats", "published", nil, anyone},
		{"GET /api/v1/events/:eventId/seats", "draft", nil, findsDrafts},
		{"GET /api/v1/events/:eventId/seats/stream", "published", nil, anyone},
		{"GET /api/v1/events/:eventId/seats/stream", "draft", nil, findsDrafts},
		{"GET /api/v1/events/:eventId/availability", "published", nil, anyone},
		{"GET /api/v1/events/:eventId/availability", "draft", nil, findsDrafts},
		{"GET /api/v1/events/:eventId/pricing", "published", nil, anyone},
		{"GET /api/v1/events/:eventId/pricing", "draft", nil, findsDrafts},
		{"PUT /api/v1/events/:eventId/pricing", "draft", familyPricing(map[string]int{"A": 100, "FLOOR": 100}, "A", "FLOOR"), organisers},

		{"GET /api/v1/bookings", "", nil, users},
		{"POST /api/v1/bookings", "published", (*cell).seat, users.and(eventra.ScopeBookingsWrite, 403).to(201)},
		{"GET /api/v1/bookings/:bookingId", "held", nil, owner.and(eventra.ScopeBookingsRead, 404)},
		{"PATCH /api/v1/bookings/:bookingId", "held", object{"metadata": object{"order": "1"}}, admins.and(eventra.ScopeBookingsWrite, 404)},
		{"DELETE /api/v1/bookings/:bookingId", "held", nil, owner.and(eventra.ScopeBookingsWrite, 404)},
		{"GET /api/v1/bookings/:bookingId/payments", "held", nil, owner.and(eventra.ScopeBookingsRead, 404)},
		{"POST /api/v1/bookings/:bookingId/payments", "held", object{"method": "mock", "token": "tok_ok"}, owner.and(eventra.ScopeBookingsWrite, 404).to(201)},
		{"POST /api/v1/bookings/:bookingId/refund", "confirmed", nil, refunders},
		{"POST /api/v1/bookings/:bookingId/refunds", "confirmed", object{"items": "all"}, refunders.to(201)},
		{"GET /api/v1/bookings/:bookingId/refunds", "held", nil, ownerOrAdmin.and(eventra.ScopeBookingsRead, 404)},

		{"GET /api/v1/admin/bookings", "", nil, admins.and(eventra.ScopeBookingsRead, 403)},
		{"GET /api/v1/admin/bookings/:bookingId", "held", nil, admins.and(eventra.ScopeBookingsRead, 404)},
		{"POST /api/v1/admin/api-keys", "", object{"name": "A shop"}, admins.to(201)},
		{"GET /api/v1/admin/api-keys", "", nil, admins},
		{"GET /api/v1/admin/users", "", nil, admins},
		{"GET /api/v1/admin/users/:userId", "user", nil, admins},
		{"PATCH /api/v1/admin/users/:userId", "user", object{"disabled": true}, admins},
		{"GET /api/v1/admin/audit", "", nil, admins},
		{"GET /api/v1/admin/mails", "", nil, admins},
		{"POST /api/v1/admin/mails/:mailId/retry", "", nil, admins.to(404)}, // that is not dead
		{"DELETE /api/v1/admin/api-keys/:apiKeyId", "key", nil, admins.to(204)},
		{"DELETE /api/v1/admin/bookings/:bookingId", "held", nil, admins},
		{"POST /api/v1/admin/bookings/:bookingId/mails", "confirmed", nil, admins.to(202)},
		{"GET /api/v1/admin/events/:eventId/report", "draft", nil, reporters},
		{"GET /api/v1/admin/events/:eventId/seats/:seat/history", "draft", nil, reporters},
		{"GET /api/v1/admin/events/:eventId/bookings.csv", "draft", nil, reporters},
		{"GET /api/v1/admin/cluster", "", nil, admins},

		// These end all sessions of the callers.
		{"POST /api/v1/auth/logout-all", "", (*cell).signedInAgain, users.to(204)},
		{"POST /api/v1/auth/password", "", (*cell).samePassword, users.to(204)},
	}
}

func seatsOf(section string) object {
	return object{"seats": []object{{"section": section, "row": "1", "number": 1, "price": object{"amount": 1, "currency": "EUR"}}}}
}
