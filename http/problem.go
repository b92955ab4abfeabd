package http

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// Codes that only this layer knows, for requests that are not valid HTTP.
const (
	codeMalformedRequest eventra.Code = "malformed_request"
	codeHeadersTooLarge  eventra.Code = "headers_too_large"
	codeRequestTimeout   eventra.Code = "request_timeout"
)

// problemKind is what a code means in HTTP. seats is the body's member for
// [eventra.Error.Seats].
type problemKind struct {
	status     int
	title      string
	seats      string
	retryAfter time.Duration
}

const soon = time.Second

// problems is the only table from codes to statuses.
var problems = map[eventra.Code]problemKind{
	codeMalformedRequest: {status: 400, title: "Malformed request"},
	codeHeadersTooLarge:  {status: 431, title: "Header fields too large"},
	codeRequestTimeout:   {status: 408, title: "Request not received in time"},

	eventra.CodeMalformedBody:         {status: 400, title: "Malformed body"},
	eventra.CodeValidationFailed:      {status: 422, title: "Validation failed"},
	eventra.CodeUnauthenticated:       {status: 401, title: "Authentication needed"},
	eventra.CodeForbidden:             {status: 403, title: "Not allowed"},
	eventra.CodeScopeMissing:          {status: 403, title: "Scope missing"},
	eventra.CodeNotFound:              {status: 404, title: "Not found"},
	eventra.CodeMethodNotAllowed:      {status: 405, title: "Method not allowed"},
	eventra.CodeBodyTooLarge:          {status: 413, title: "Body too large"},
	eventra.CodeUnsupportedMediaType:  {status: 415, title: "Unsupported media type"},
	eventra.CodeRateLimited:           {status: 429, title: "Too many requests", retryAfter: soon},
	eventra.CodeOverloaded:            {status: 503, title: "Overloaded", retryAfter: soon},
	eventra.CodeUnavailable:           {status: 503, title: "Temporarily unavailable", retryAfter: soon},
	eventra.CodeInternal:              {status: 500, title: "Internal error"},
	eventra.CodePreconditionFailed:    {status: 412, title: "Precondition failed"},
	eventra.CodeIdempotencyKeyReused:  {status: 422, title: "Idempotency key reused"},
	eventra.CodeIdempotencyInProgress: {status: 409, title: "First request still running", retryAfter: soon},

	eventra.CodeEmailTaken:          {status: 409, title: "E-mail address taken"},
	eventra.CodeInvalidCredentials:  {status: 401, title: "Invalid credentials"},
	eventra.CodeInvalidRefreshToken: {status: 401, title: "Invalid refresh token"},
	eventra.CodeInvalidToken:        {status: 422, title: "Invalid token"},
	eventra.CodeEmailNotVerified:    {status: 403, title: "E-mail address not verified"},

	eventra.CodeEventNotFound:     {status: 404, title: "Event not found"},
	eventra.CodeEventLocked:       {status: 409, title: "Event locked by its sale"},
	eventra.CodeEventHasBookings:  {status: 409, title: "Event has bookings"},
	eventra.CodeInvalidTransition: {status: 409, title: "Invalid transition"},
	eventra.CodeSeatExists:        {status: 409, title: "Seat exists", seats: "seats"},
	eventra.CodeCategoryInUse:     {status: 409, title: "Category in use"},

	eventra.CodeSeatsUnavailable:     {status: 409, title: "Seats unavailable", seats: "unavailable"},
	eventra.CodeNotEnoughSeats:       {status: 409, title: "Not enough seats"},
	eventra.CodeLeavesSingleSeat:     {status: 409, title: "Leaves a single seat"},
	eventra.CodeCustomerLimit:        {status: 409, title: "Limit per customer reached"},
	eventra.CodeNotEnoughPlaces:      {status: 409, title: "Not enough places"},
	eventra.CodeUnknownSection:       {status: 422, title: "Unknown section", seats: "unknown"},
	eventra.CodeCapacityBelowTaken:   {status: 409, title: "Capacity below taken"},
	eventra.CodeSaleClosed:           {status: 409, title: "Sale closed"},
	eventra.CodeUnknownSeats:         {status: 422, title: "Unknown seats", seats: "unknown"},
	eventra.CodeUnknownTicketType:    {status: 422, title: "Unknown ticket type"},
	eventra.CodeTicketTypeNotSold:    {status: 422, title: "Ticket type not sold"},
	eventra.CodeTicketTypeQuantity:   {status: 422, title: "Too few or too many tickets of a type"},
	eventra.CodeLastAdmin:            {status: 409, title: "Last administrator"},
	eventra.CodeNotCancellable:       {status: 409, title: "Booking not cancellable"},
	eventra.CodeNotRefundable:        {status: 409, title: "Booking not refundable"},
	eventra.CodeItemReleased:         {status: 409, title: "Ticket released before"},
	eventra.CodeRefundExceedsPayment: {status: 409, title: "More than was paid"},
	eventra.CodeHoldExpired:          {status: 409, title: "Hold expired"},
	eventra.CodeAlreadyPaid:          {status: 409, title: "Already paid"},
	eventra.CodePaymentInProgress:    {status: 409, title: "Payment in progress", retryAfter: soon},
	eventra.CodePaymentDeclined:      {status: 402, title: "Payment declined"},
	eventra.CodePaymentUnavailable:   {status: 503, title: "Payment unavailable", retryAfter: soon},
}

// problemTypePrefix followed by a code is the URI of a problem's type.
const problemTypePrefix = "urn:eventra:problem:"

const mimeProblem = "application/problem+json"

// Problem is the body of every answer that is not a success (RFC 9457).
type Problem struct {
	Type      string `json:"type" example:"urn:eventra:problem:seats_unavailable" validate:"required"`
	Title     string `json:"title" example:"Seats unavailable" validate:"required"`
	Status    int    `json:"status" example:"409" validate:"required"`
	Detail    string `json:"detail" example:"some of the seats are taken" validate:"required"`
	Instance  string `json:"instance" example:"/api/v1/bookings" validate:"required"`
	Code      string `json:"code" example:"seats_unavailable" validate:"required"` // stable; switch on this
	RequestID string `json:"requestId" example:"018f4c1e-7b9a-7c3d-9e2f-0a1b2c3d4e5f" validate:"required"`

	Errors      []eventra.FieldError `json:"errors,omitempty"`                        // each fault of the input, with validation_failed
	Unavailable []string             `json:"unavailable,omitempty"`                   // seats, with seats_unavailable
	Unknown     []string             `json:"unknown,omitempty"`                       // seats, with unknown_seats
	Seats       []string             `json:"seats,omitempty"`                         // with seat_exists
	Orphans     []string             `json:"orphans,omitempty"`                       // seats that would stay free alone, with leaves_single_seat
	Suggestions [][]string           `json:"suggestions,omitempty"`                   // other seats for the same people, nearest first, with leaves_single_seat
	Limit       int                  `json:"limit,omitzero"`                          // of seats one customer may have of the event, with customer_limit
	Held        *int                 `json:"held,omitzero"`                           // seats that the caller has, held and bought, with customer_limit
	Section     string               `json:"section,omitempty"`                       // with not_enough_places, capacity_below_taken
	Available   *int                 `json:"available,omitempty"`                     // places, with not_enough_places
	Taken       *int                 `json:"taken,omitempty"`                         // places, with capacity_below_taken
	Scope       string               `json:"scope,omitzero" example:"bookings:write"` // that the API key lacks, with scope_missing
	Refundable  *eventra.Money       `json:"refundable,omitzero"`                     // what refunds may still return, with refund_exceeds_payment
	Payment     *Payment             `json:"payment,omitempty"`
	Checks      map[string]Check     `json:"checks,omitempty"` // state of each dependency, from /readyz
}

// writeProblem answers with err as a problem. It alone decides which parts of an error
// leave the process.
func (s *Server) writeProblem(c *fiber.Ctx, err error) {
	e := problemOf(err)
	kind, known := problems[e.Code]
	if !known {
		e = &eventra.Error{Code: eventra.CodeInternal, Err: err}
		kind = problems[e.Code]
	}
	exchangeOf(c).failure = err
	s.requests.problem(e.Code, isHold(c.Context()))
	if e.Code == eventra.CodeInternal {
		e = &eventra.Error{Code: e.Code, Message: "something went wrong on our side; quote the request id when you report it"}
	}
	body := newProblem(c, e, kind, err)
	setProblemHeaders(c, e, kind)
	var room [512]byte // most problems fit
	encoded, err := body.appendJSON(room[:0])
	if err != nil {
		panic(err) // cannot happen: the body has only strings and numbers
	}
	c.Response().ResetBody()
	c.Status(kind.status)
	c.Response().Header.SetContentType(mimeProblem)
	c.Response().SetBody(encoded)
}

func newProblem(c *fiber.Ctx, e *eventra.Error, kind problemKind, err error) Problem {
	p := Problem{
		Type: problemTypePrefix + string(e.Code), Title: kind.title, Status: kind.status, Detail: e.Message,
		Instance: pathOf(c), Code: string(e.Code), RequestID: requestID(c), Errors: e.Fields,
		Orphans: e.Orphans, Suggestions: e.Suggestions, Scope: string(e.Scope),
	}
	if p.Detail == "" {
		p.Detail = kind.title
	}
	switch kind.seats {
	case "unavailable":
		p.Unavailable = e.Seats
	case "unknown":
		p.Unknown = e.Seats
	case "seats":
		p.Seats = e.Seats
	}
	if e.Customer != nil {
		p.Limit, p.Held = e.Customer.Limit, &e.Customer.Held
	}
	if places := e.Places; places != nil {
		p.Section = places.Section
		if e.Code == eventra.CodeCapacityBelowTaken {
			p.Taken = &places.Taken
		} else {
			p.Available = &places.Available
		}
	}
	p.Refundable = e.Refundable
	if unready, ok := errors.AsType[*notReady](err); ok {
		p.Checks = unready.checks
	}
	if e.Payment != nil {
		payment := newPayment(e.Payment, nil)
		p.Payment = &payment
	}
	return p
}

// pathOf returns the path of the request line. Swagger UI's handler changes c.Path().
func pathOf(c *fiber.Ctx) string {
	path, _, _ := strings.Cut(string(c.Request().Header.RequestURI()), "?")
	return path
}

func setProblemHeaders(c *fiber.Ctx, e *eventra.Error, kind problemKind) {
	for _, header := range []string{fiber.HeaderETag, fiber.HeaderLocation, fiber.HeaderContentEncoding} {
		c.Response().Header.Del(header) // a handler may have set it before it failed
	}
	setHeader(c, fiber.HeaderCacheControl, "no-store")
	if kind.status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	after := kind.retryAfter
	if e.RetryAfter > 0 {
		after = e.RetryAfter
	}
	if after > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
}

// problemOf returns the domain's error within err. An error without one is
// CodeInternal.
func problemOf(err error) *eventra.Error {
	if own, ok := errors.AsType[*eventra.Error](err); ok {
		return own
	}
	if routing, ok := errors.AsType[*fiber.Error](err); ok {
		return routingProblem(routing)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return eventra.Errorf(eventra.CodeUnavailable, "the answer took too long")
	}
	return &eventra.Error{Code: eventra.CodeInternal, Err: err}
}

// routingProblem translates the errors of Fiber and fasthttp about requests that never
// reached a handler. Their texts may quote the request, so they are dropped.
func routingProblem(err *fiber.Error) *eventra.Error {
	switch err.Code {
	case fiber.StatusNotFound:
		return eventra.Errorf(eventra.CodeNotFound, "there is nothing at this address")
	case fiber.StatusMethodNotAllowed:
		return eventra.Errorf(eventra.CodeMethodNotAllowed, "this address supports only the methods in Allow")
	case fiber.StatusRequestEntityTooLarge:
		return eventra.Errorf(eventra.CodeBodyTooLarge, "the body has too many bytes")
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return eventra.Errorf(codeHeadersTooLarge, "the header fields have too many bytes")
	case fiber.StatusRequestTimeout:
		return eventra.Errorf(codeRequestTimeout, "the request did not arrive in time")
	}
	return eventra.Errorf(codeMalformedRequest, "the request is not valid HTTP")
}

// refuseUnread answers a request that could not be read to its end. Fiber also calls it
// for an error that no middleware answered.
func (s *Server) refuseUnread(c *fiber.Ctx, err error) error {
	now := time.Now()
	x := beginExchange(c, now.Add(s.cfg.RequestTimeout))
	defer x.end()
	setRequestID(c, now)
	if pathOf(c) == "/" { // also if the HTTP library has given up before it knew
		if target := admission.Target(c.Context().Conn()); target != "" {
			c.Request().Header.SetRequestURI(target)
		}
	}
	admission.Linger(c.Context().Conn())
	s.writeProblem(c, err)
	s.requests.observe(routeUnmatched, methodUnknown, c.Response().StatusCode(), 0)
	s.slowDown(c, err)
	if c.Response().StatusCode() >= fiber.StatusInternalServerError {
		s.logRequest(c, 0)
	}
	return nil
}
