package eventra

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is the stable, snake_case name of an outcome that is not success. Clients
// switch on it. The HTTP layer's table has an entry for each.
type Code string

// Codes of requests, of users, of events, of bookings and payments.
const (
	CodeMalformedBody         Code = "malformed_body"
	CodeValidationFailed      Code = "validation_failed"
	CodeUnauthenticated       Code = "unauthenticated"
	CodeForbidden             Code = "forbidden"
	CodeScopeMissing          Code = "scope_missing"
	CodeNotFound              Code = "not_found"
	CodeMethodNotAllowed      Code = "method_not_allowed"
	CodeBodyTooLarge          Code = "body_too_large"
	CodeUnsupportedMediaType  Code = "unsupported_media_type"
	CodeRateLimited           Code = "rate_limited"
	CodeOverloaded            Code = "overloaded"
	CodeUnavailable           Code = "unavailable"
	CodeInternal              Code = "internal"
	CodePreconditionFailed    Code = "precondition_failed"
	CodeIdempotencyKeyReused  Code = "idempotency_key_reused"
	CodeIdempotencyInProgress Code = "idempotency_in_progress"

	CodeEmailTaken          Code = "email_taken"
	CodeInvalidCredentials  Code = "invalid_credentials" //nolint:gosec // G101: a code, no secret
	CodeInvalidRefreshToken Code = "invalid_refresh_token"
	CodeInvalidToken        Code = "invalid_token"
	CodeLastAdmin           Code = "last_admin"
	CodeEmailNotVerified    Code = "email_not_verified"

	CodeEventNotFound     Code = "event_not_found"
	CodeEventLocked       Code = "event_locked"
	CodeEventHasBookings  Code = "event_has_bookings"
	CodeInvalidTransition Code = "invalid_transition"
	CodeSeatExists        Code = "seat_exists"
	CodeCategoryInUse     Code = "category_in_use"

	CodeSeatsUnavailable     Code = "seats_unavailable"
	CodeNotEnoughSeats       Code = "not_enough_seats"
	CodeLeavesSingleSeat     Code = "leaves_single_seat"
	CodeCustomerLimit        Code = "customer_limit"
	CodeNotEnoughPlaces      Code = "not_enough_places"
	CodeUnknownSection       Code = "unknown_section"
	CodeCapacityBelowTaken   Code = "capacity_below_taken"
	CodeSaleClosed           Code = "sale_closed"
	CodeUnknownSeats         Code = "unknown_seats"
	CodeUnknownTicketType    Code = "unknown_ticket_type"
	CodeTicketTypeNotSold    Code = "ticket_type_not_sold"
	CodeTicketTypeQuantity   Code = "ticket_type_quantity"
	CodeNotCancellable       Code = "not_cancellable"
	CodeNotRefundable        Code = "not_refundable"
	CodeItemReleased         Code = "item_released"
	CodeRefundExceedsPayment Code = "refund_exceeds_payment"
	CodeHoldExpired          Code = "hold_expired"
	CodeAlreadyPaid          Code = "already_paid"
	CodePaymentInProgress    Code = "payment_in_progress"
	CodePaymentDeclined      Code = "payment_declined"
	CodePaymentUnavailable   Code = "payment_unavailable"
)

// Error is an outcome that clients may see: a stable code, one sentence for
// people, and the details that the code needs. An error that is no *Error is an
// internal fault, and clients see none of it.
type Error struct {
	Code    Code
	Message string

	// Fields are the faults of an input, for CodeValidationFailed.
	Fields []FieldError
	// Seats are the names of the seats concerned, for CodeSeatsUnavailable,
	// CodeUnknownSeats and CodeSeatExists.
	Seats []string
	// Orphans are the names of the single seats that a pick would leave, and Suggestions
	// other picks that would leave none, for CodeLeavesSingleSeat.
	Orphans     []string
	Suggestions [][]string
	// Customer is what the caller may have and has, for CodeCustomerLimit.
	Customer *CustomerTickets
	// Places is what a general-admission section has left, for CodeNotEnoughPlaces, or has
	// taken, for CodeCapacityBelowTaken.
	Places *PlacesLeft
	// Scope is what the API key lacks, for CodeScopeMissing.
	Scope Scope
	// Refundable is the money that refunds may still return, for CodeRefundExceedsPayment.
	Refundable *Money
	// Payment is the attempt that ended with this error; nil if there is none.
	Payment *Payment
	// RetryAfter is the time after which another try may succeed; zero leaves it
	// to the code.
	RetryAfter time.Duration
	// Err is the cause, for logs only.
	Err error
}

// CustomerTickets is how many tickets of an event one customer may have in live bookings,
// and how many this one has.
type CustomerTickets struct{ Limit, Held int }

// PlacesLeft counts places of a general-admission section.
type PlacesLeft struct {
	Section   string
	Available int
	Taken     int
}

// FieldError is one fault of an input. Field is the JSON path, such as
// "sections[2].seatsPerRow".
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an *Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// NoSuchEvent is the answer to callers who may not know of an event, too, so there is one.
func NoSuchEvent() *Error { return Errorf(CodeEventNotFound, "no such event") }

// Unavailable wraps the error of a backend that is away.
func Unavailable(backend string, cause error) *Error {
	return &Error{Code: CodeUnavailable, Message: backend + " is not available right now", Err: cause}
}

// CodeOf returns the code of the *Error that err is or wraps. It is "" for nil,
// and CodeInternal for any other error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Undecided reports whether err means that nobody has decided about a command:
// its event was away or had too much to do. The same command may be sent again.
func Undecided(err error) bool {
	code := CodeOf(err)
	return code == CodeUnavailable || code == CodeOverloaded
}

// Faults collects the faults of one input, so that one answer names them all.
type Faults []FieldError

// Add records a fault of a field.
func (f *Faults) Add(field, code, format string, args ...any) {
	*f = append(*f, FieldError{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
}

// Err returns a CodeValidationFailed error with the faults, or nil if there are
// none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: CodeValidationFailed, Message: "the request has invalid values", Fields: f}
}
