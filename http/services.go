package http

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// Users are the accounts and their sessions.
type Users interface {
	// CreateUser adds a user; CodeEmailTaken if the address has one. Adding
	// the same id and address again is harmless (idempotent retries).
	CreateUser(ctx context.Context, u *eventra.User) error
	// UserByEmail and UserByID: CodeNotFound if there is none.
	UserByEmail(ctx context.Context, email string) (*eventra.User, error)
	UserByID(ctx context.Context, id eventra.ID) (*eventra.User, error)

	CreateSession(ctx context.Context, s *eventra.Session) error
	// RotateSession uses up the presented token and stores its successor.
	// CodeInvalidRefreshToken for one that is unknown, expired or revoked; one that was used
	// already also revokes its whole family.
	RotateSession(ctx context.Context, r eventra.Rotation) (*eventra.User, eventra.ID, error)
	// EndSession revokes the family of a refresh token, if it is this user's, and
	// denies the access token until it would have expired, in one transaction.
	// An unknown refresh token is no error: the access token dies all the same.
	EndSession(ctx context.Context, userID eventra.ID, refresh [32]byte, accessID eventra.ID, accessExpires time.Time) error
}

// DeniedTokens knows the access tokens that were logged out. It answers from
// memory.
type DeniedTokens interface {
	Denied(accessID eventra.ID) bool
	// Deny makes it known here at once and on other instances soon.
	Deny(accessID eventra.ID, until time.Time)
}

// Catalog is the events with their details.
type Catalog interface {
	// Event and Events answer from caches where they can. Event: CodeEventNotFound.
	Event(ctx context.Context, id eventra.ID) (*eventra.Event, error)
	Events(ctx context.Context, f eventra.EventFilter, p eventra.Page) (items []*eventra.Event, next *eventra.Cursor, err error)
	// Create stores a new draft, whose status, version and times it sets.
	Create(ctx context.Context, e *eventra.Event) error
	// Update reads the event, lets change edit a copy, validates and stores it. With
	// ifVersion non-zero another stored version is CodePreconditionFailed. Concurrent updates are retried.
	Update(ctx context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error)
	// Transition publishes or cancels: CodeInvalidTransition.
	Transition(ctx context.Context, id eventra.ID, to eventra.EventStatus) (*eventra.Event, error)
	// Delete: CodeEventHasBookings if anybody ever booked.
	Delete(ctx context.Context, id eventra.ID) error
	// AddSeats adds all seats or none: CodeSeatExists naming them. It returns the event's new total.
	AddSeats(ctx context.Context, id eventra.ID, seats []eventra.Seat) (total int, err error)
}

// SeatMaps answers what seats are free, from the memory of whoever sells them.
// Where that cannot be reached, it is what was known last.
type SeatMaps interface {
	Seats(ctx context.Context, eventID eventra.ID) (view *eventra.SeatsView, last bool, err error)
	Availability(ctx context.Context, eventID eventra.ID) (counts *eventra.Availability, last bool, err error)
}

// BoxOffice sells seats.
type BoxOffice interface {
	Hold(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error)
	// HoldAgain is Hold by somebody who was not told what came of it before.
	HoldAgain(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error)
	Release(ctx context.Context, userID, bookingID eventra.ID) (*eventra.Booking, error)
}

// Payments moves money.
type Payments interface {
	// Pay charges for a held booking and confirms it. Errors: CodePaymentDeclined,
	// CodeHoldExpired, CodeSaleClosed, CodeAlreadyPaid, CodePaymentInProgress, CodePaymentUnavailable, CodeNotFound.
	Pay(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error)
	// Refund ends a confirmed booking and returns its money. Errors: CodeNotRefundable, CodeNotFound.
	Refund(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error)
}

// Bookings reads what was booked.
type Bookings interface {
	// Booking: CodeNotFound.
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	// UserBookings lists newest first.
	UserBookings(ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	// BookingPayments lists attempts, oldest first.
	BookingPayments(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Payment, *eventra.Cursor, error)
}

// IdempotencyKeys remembers the first outcome of a request.
type IdempotencyKeys interface {
	// Begin claims a key, or tells what became of it: see eventra.IdempotencyClaim.
	// CodeIdempotencyKeyReused for another request's key, CodeIdempotencyInProgress while the first call runs.
	Begin(ctx context.Context, key eventra.IdempotencyKey, requestHash [32]byte, newResourceID eventra.ID, lease time.Duration) (*eventra.IdempotencyClaim, error)
	// Finish stores the outcome to replay.
	Finish(ctx context.Context, key eventra.IdempotencyKey, outcome eventra.StoredResponse) error
	// Release lets the same request be tried again, with the same resource id.
	Release(ctx context.Context, key eventra.IdempotencyKey) error
}

// RateCounters counts requests per subject over fixed windows, without I/O.
type RateCounters interface {
	// Take counts n (0: only looks) and returns how many this subject has used
	// in the window that now lies in, on all instances as far as known.
	Take(class, subject string, window time.Duration, now time.Time, n int) (used int)
}

// Members are the instances of the cluster and what they serve.
type Members interface {
	// Describe asks every member; one that does not answer is shown without events.
	Describe(ctx context.Context) (*eventra.Cluster, error)
}

// Probe asks one dependency whether it answers.
type Probe struct {
	Name     string
	Required bool // without it /readyz is 503
	Check    func(context.Context) error
}
