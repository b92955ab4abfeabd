package http

// routes registers every route. The arguments before a handler run before it, from left
// to right: they check who may call and how often, and make retries harmless.
func (s *Server) routes() {
	anyone, users, admins := s.anyone, s.users, s.admins
	body, seatsBody := s.received(bodyMaxBytes), s.received(seatsBodyMaxBytes)
	auth, reads, writes, bookings := s.limited(rateAuth), s.limited(rateReads), s.limited(rateWrites), s.limited(rateBookings)

	s.app.Use(s.observe)
	s.app.Get("/healthz", s.healthz)
	s.app.Get("/readyz", s.readyz)
	if !s.cfg.OwnOperations {
		s.app.Get("/metrics", s.thisMachine, s.metrics())
	}
	s.app.Get("/openapi.json", s.openAPI)
	s.app.Get("/api-docs", toSwaggerUI)
	s.app.Get("/api-docs/", toSwaggerUI)
	s.app.Get("/api-docs/*", s.swaggerUI)

	api := s.app.Group("/api/v1", s.started)
	api.Post("/auth/register", auth, body, s.idempotentRenewing(s.registerAgain), s.register)
	api.Post("/auth/login", auth, body, s.login)
	api.Post("/auth/refresh", auth, body, s.refresh)
	api.Post("/auth/logout", users, writes, body, s.logout)
	api.Get("/auth/me", users, reads, s.me)

	api.Get("/events", anyone, reads, s.listEvents)
	api.Post("/events", admins, writes, body, s.idempotent, s.createEvent)
	api.Get("/events/:eventId", anyone, reads, s.getEvent)
	api.Patch("/events/:eventId", admins, writes, body, s.updateEvent)
	api.Delete("/events/:eventId", admins, writes, body, s.deleteEvent)
	api.Post("/events/:eventId/publish", admins, writes, body, s.idempotent, s.publishEvent)
	api.Post("/events/:eventId/cancel", admins, writes, body, s.idempotent, s.cancelEvent)

	api.Post("/events/:eventId/seats", admins, writes, seatsBody, timeout(seatsTimeout), s.idempotent, s.addSeats)
	api.Get("/events/:eventId/seats", anyone, reads, s.seatMap)
	api.Get("/events/:eventId/seats/stream", anyone, reads, s.streamSeats)
	api.Get("/events/:eventId/availability", anyone, reads, s.availability)

	api.Get("/bookings", users, reads, s.listBookings)
	api.Post("/bookings", users, bookings, body, s.idempotent, s.createBooking)
	api.Get("/bookings/:bookingId", users, reads, s.getBooking)
	api.Delete("/bookings/:bookingId", users, bookings, body, s.releaseBooking)
	api.Get("/bookings/:bookingId/payments", users, reads, s.listPayments)
	api.Post("/bookings/:bookingId/payments", users, bookings, body, timeout(s.cfg.PaymentTimeout), s.idempotent, s.pay)
	api.Post("/bookings/:bookingId/refund", admins, writes, body, s.idempotent, s.refundBooking)

	api.Get("/admin/cluster", admins, reads, s.cluster)
}

// Routes returns what the server answers, as "GET /api/v1/events/:eventId".
func (s *Server) Routes() []string {
	var routes []string
	for _, route := range s.app.GetRoutes(true) {
		routes = append(routes, route.Method+" "+route.Path)
	}
	return routes
}
