package http

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// Users stores accounts and their sessions.
type Users interface {
	// CreateUser adds a user. The error is CodeEmailTaken if another user has the
	// address. Adding the same id and address again is harmless.
	CreateUser(ctx context.Context, u *eventra.User) error
	// UserByEmail and UserByID return CodeNotFound if there is no such user.
	UserByEmail(ctx context.Context, email string) (*eventra.User, error)
	UserByID(ctx context.Context, id eventra.ID) (*eventra.User, error)
	UserExists(ctx context.Context, id eventra.ID) (bool, error)

	// Register is CreateUser with the mail that verifies the address. A repetition writes none.
	Register(ctx context.Context, u *eventra.User, mail *eventra.AccountMail) error
	// EmailVerified reports whether there is such a user, with a verified address.
	EmailVerified(ctx context.Context, id eventra.ID) (bool, error)
	// SendAccountMail writes a mail to be sent, unless its address had enough of that kind.
	// What it does, and how long that takes, does not depend on whose address it is.
	SendAccountMail(ctx context.Context, mail *eventra.AccountMail) (written bool, err error)
	// VerifyEmail, ResetAddress and ResetPassword take the hash of a one-time token. The error
	// is CodeInvalidToken if it is good for nothing. VerifyEmail returns CodeEmailTaken if
	// somebody else has a new address by now. ResetAddress returns the address of the account
	// whose password ResetPassword would replace. That ends all sessions of the user, and
	// returns the version below which the access tokens have ended.
	VerifyEmail(ctx context.Context, token [32]byte) (eventra.Verification, error)
	ResetAddress(ctx context.Context, token [32]byte) (email string, err error)
	ResetPassword(ctx context.Context, reset eventra.PasswordReset) (userID eventra.ID, version int, err error)

	RenameUser(ctx context.Context, userID eventra.ID, name string) error
	// AskForAddress writes the mails of a change of address, both or none: CodeRateLimited if one
	// of the addresses had enough of them. CodeInvalidCredentials if the user has changed since
	// the password was checked; EraseUser, too, which returns the version below which the user's
	// access tokens have ended.
	AskForAddress(ctx context.Context, change *eventra.AddressChange) error
	EraseUser(ctx context.Context, erasure eventra.Erasure) (version int, err error)
	// ExportAccount reads all that is kept about a user, up to limit of each kind.
	ExportAccount(ctx context.Context, userID eventra.ID, limit int) (*eventra.AccountExport, error)

	// CreateSession: CodeInvalidCredentials if the user has changed since the log-in read it.
	CreateSession(ctx context.Context, s *eventra.Session) error
	// RotateSession uses the presented token up and stores its successor. The error is
	// CodeInvalidRefreshToken for a token that is unknown, expired, revoked or used. A
	// used token also ends its whole session, whose id then comes with the error; but a
	// token presented again within seconds gets the same successor.
	RotateSession(ctx context.Context, r eventra.Rotation) (eventra.Rotated, error)
	// EndSession ends the caller's session and, if it is this user's, the session of the
	// refresh token. CodeInvalidRefreshToken if it is not; the caller's session ends all the same.
	EndSession(ctx context.Context, caller eventra.AccessTokenID, refresh [32]byte, accessExpires time.Time) (ended []eventra.ID, err error)

	// OpenSessions lists the sessions that have not ended, newest first.
	OpenSessions(ctx context.Context, userID eventra.ID, p eventra.Page) (sessions []eventra.OpenSession, next *eventra.Cursor, err error)
	// EndOneSession ends a session of the user's. CodeNotFound if it never was one.
	EndOneSession(ctx context.Context, userID, session eventra.ID) error
	// EndAllSessions returns the version below which the user's access tokens have ended,
	// as ChangePassword does. That keeps one session. CodeInvalidCredentials if the user has
	// changed since the old password was checked.
	EndAllSessions(ctx context.Context, userID eventra.ID) (version int, err error)
	ChangePassword(ctx context.Context, change eventra.PasswordChange) (version int, err error)
}

// APIKeys stores the keys that programs call with.
type APIKeys interface {
	auth.APIKeyStore
	// PutAPIKey adds a key, whose secret has that hash. The same id again gives the key another
	// secret and the next version. CodeNotFound if it was revoked.
	PutAPIKey(ctx context.Context, k *eventra.APIKey, hash [32]byte) (*eventra.APIKey, error)
	// APIKeys lists the keys that have not been revoked, newest first.
	APIKeys(ctx context.Context, p eventra.Page) ([]eventra.APIKey, *eventra.Cursor, error)
	// RevokeAPIKey returns CodeNotFound if there never was such a key.
	RevokeAPIKey(ctx context.Context, id eventra.ID) error
}

// Customers stores the customers of shops.
type Customers interface {
	// PutCustomer returns the id of a customer, who is made if the shop has none of that name.
	PutCustomer(ctx context.Context, c *eventra.ShopCustomer) (eventra.ID, error)
}

// DeniedTokens are the access tokens that have ended before their time. It answers from
// memory.
type DeniedTokens interface {
	Denied(token *eventra.AccessTokenID) bool
	// Deny makes a denial known, here at once and on other instances soon.
	Deny(made eventra.Denial)
}

// Catalog stores the events with their details.
type Catalog interface {
	// Event and Events answer from caches when they can. Event returns
	// CodeEventNotFound if there is no such event.
	Event(ctx context.Context, id eventra.ID) (*eventra.Event, error)
	Events(ctx context.Context, f eventra.EventFilter, p eventra.Page) (items []*eventra.Event, next *eventra.Cursor, err error)
	// Create stores a new draft and sets its status, version and times.
	Create(ctx context.Context, e *eventra.Event) error
	// Update reads the event, lets change edit a copy, validates it and stores it. If
	// ifVersion is not 0 and not the stored version, the error is
	// CodePreconditionFailed. Concurrent updates are retried.
	Update(ctx context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error)
	// Publish puts a draft on sale. The error is CodeInvalidTransition if the event's status
	// does not allow it.
	Publish(ctx context.Context, id eventra.ID) (*eventra.Event, error)
	// Cancel ends an event for good, and its buyers are refunded. The error is
	// CodeInvalidTransition if the event's status does not allow it.
	Cancel(ctx context.Context, id eventra.ID, reason string) (*eventra.Event, error)
	// Delete returns CodeEventHasBookings if the event was ever booked.
	Delete(ctx context.Context, id eventra.ID) error
	// Reschedule lets move change when and where a published event takes place. The same
	// rescheduling again finds the event as it is by now. Errors: CodeInvalidTransition for a
	// draft, CodeEventLocked for a cancelled event.
	Reschedule(ctx context.Context, id eventra.ID, r eventra.Rescheduling, move func(*eventra.Event) error) (*eventra.Event, error)
	// PublishAgain and CancelAgain retry what had an outcome that the caller never received.
	PublishAgain(ctx context.Context, id eventra.ID) (*eventra.Event, error)
	CancelAgain(ctx context.Context, id eventra.ID, reason string) (*eventra.Event, error)
	// PutPricing replaces the prices, if they are at that version or ifVersion is 0, and
	// returns them as they are stored. Errors: CodePreconditionFailed, CodeCategoryInUse,
	// CodeEventLocked, and CodeValidationFailed for another currency than that of the seats.
	PutPricing(ctx context.Context, id eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error)
	// RemoveSeats removes all of the named seats or none, and returns how many the event has
	// then. The same removal again has the first one's outcome. Errors: CodeUnknownSeats;
	// CodeSeatsUnavailable with seats that a booking has or had.
	RemoveSeats(ctx context.Context, id, removal eventra.ID, seats []string) (total int, err error)
	// SetCategory gives seats a category of their event. Errors: CodeUnknownSeats,
	// CodeEventLocked, CodeValidationFailed for a section, row or category that it has not.
	SetCategory(ctx context.Context, id eventra.ID, selection eventra.SeatSelection, category string) (eventra.SeatsChanged, error)
	// AddFloors adds seats and general-admission sections, all or none, and returns how many
	// seats and places the event has then. The same addition again has the first one's outcome.
	// categories are the names of the seats' categories, by seat, then those of the floors'; one
	// that is empty follows from the price. The error is CodeSeatExists, with the seats, if the
	// event has some of them already.
	AddFloors(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor) (total int, err error)
	// ChangeFloor changes the capacity of a general-admission section, and how many of its
	// places are blocked. CodeNotFound; CodeCapacityBelowTaken.
	ChangeFloor(ctx context.Context, id eventra.ID, name string, capacity, blocked *int) (eventra.StoredFloor, error)
}

// SeatMaps shows seats from the memory of the member that sells them. If that member
// cannot be reached, the answer is the last known state and stale.
type SeatMaps interface {
	Seats(ctx context.Context, eventID eventra.ID) (view *eventra.SeatsView, stale bool, err error)
	Availability(ctx context.Context, eventID eventra.ID) (counts *eventra.Availability, stale bool, err error)
}

// BoxOffice sells seats.
type BoxOffice interface {
	// Hold: ErrClaimKeyFirst if the command has an Attempt and was not carried out with it.
	Hold(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error)
	// HoldAgain retries a hold whose first outcome the caller never received.
	HoldAgain(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error)
	Release(ctx context.Context, userID, bookingID eventra.ID) (*eventra.Booking, error)
	// ForceRelease ends anybody's hold, and notes who did so.
	ForceRelease(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error)
	// SetBlocked keeps seats off sale or gives them back. Errors: CodeSeatsUnavailable,
	// CodeUnknownSeats, CodeEventLocked, CodeEventNotFound.
	SetBlocked(ctx context.Context, eventID eventra.ID, cmd *eventra.SetBlocked) (*eventra.Blocking, error)
}

// Blocks reads what keeps seats off sale.
type Blocks interface {
	// Blocks lists an event's blocks that still have seats, newest first.
	Blocks(ctx context.Context, eventID eventra.ID, p eventra.Page) ([]eventra.SeatBlock, *eventra.Cursor, error)
}

// Payments moves money.
type Payments interface {
	// Pay charges for a held booking and confirms it. Errors: CodePaymentDeclined,
	// CodeHoldExpired, CodeSaleClosed, CodeAlreadyPaid, CodePaymentInProgress, CodePaymentUnavailable, CodeNotFound.
	Pay(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error)
	// Refund ends a confirmed booking and returns its money. Errors: CodeNotRefundable, CodeNotFound.
	Refund(ctx context.Context, bookingID eventra.ID) (*eventra.Booking, error)
	// RefundItems returns a part of a confirmed booking's money. Errors: CodeNotRefundable,
	// CodeItemReleased, CodeRefundExceedsPayment, CodeNotFound.
	RefundItems(ctx context.Context, cmd *eventra.RefundItems) (*eventra.Refund, error)
}

// Bookings reads stored bookings and payments.
type Bookings interface {
	// Booking returns CodeNotFound if there is no such booking.
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	// UserBookings lists a user's bookings, newest first.
	UserBookings(ctx context.Context, userID eventra.ID, f eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	// BookingDetails and DetailsOfBookings read what is known about bookings besides what their
	// sale needs.
	BookingDetails(ctx context.Context, id eventra.ID) (eventra.BookingDetails, error)
	DetailsOfBookings(ctx context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error)
	// PutMetadata replaces a booking's metadata. CodeNotFound if there is no such booking.
	PutMetadata(ctx context.Context, b *eventra.Booking, m eventra.Metadata) error
	// BookingPayments lists a booking's payment attempts, oldest first.
	BookingPayments(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Payment, *eventra.Cursor, error)
	// BookingRefunds lists a booking's refunds, oldest first.
	BookingRefunds(ctx context.Context, bookingID eventra.ID, p eventra.Page) ([]eventra.Refund, *eventra.Cursor, error)
}

// Cancellations knows how far the refunds of cancelled events are.
type Cancellations interface {
	// Cancellation returns CodeNotFound if none was started.
	Cancellation(ctx context.Context, eventID eventra.ID) (*eventra.Cancellation, error)
}

// BackOffice reads everybody's bookings, apart from the sale.
type BackOffice interface {
	// SearchBookings lists bookings, newest first.
	SearchBookings(ctx context.Context, s eventra.BookingSearch, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error)
	// BookingRecord returns CodeNotFound if there is no such booking.
	BookingRecord(ctx context.Context, id eventra.ID) (*eventra.BookingRecord, error)
	// DetailsForOffice is DetailsOfBookings of Bookings.
	DetailsForOffice(ctx context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error)
	// CustomersByID reads customers; those that are gone are missing.
	CustomersByID(ctx context.Context, ids []eventra.ID) (map[eventra.ID]eventra.Customer, error)
	// EventReport and SeatHistory return CodeEventNotFound if there is no such event, the latter
	// CodeNotFound if it has no such seat. A zero time is any.
	EventReport(ctx context.Context, eventID eventra.ID) (*eventra.EventReport, error)
	SeatHistory(ctx context.Context, eventID eventra.ID, seat eventra.Seat, at time.Time, p eventra.Page) ([]eventra.SeatUse, *eventra.Cursor, error)
	// SendTicketsAgain makes the mail with the tickets due once more. Errors: CodeNotFound,
	// CodeInvalidTransition for a booking without tickets, CodeRateLimited.
	SendTicketsAgain(ctx context.Context, id eventra.ID) error
	// BeginExport returns the store's time. CodeEventNotFound if there is no such event.
	BeginExport(ctx context.Context, eventID eventra.ID) (now time.Time, err error)
	// ExportBookings lists up to limit bookings after a position, oldest first.
	ExportBookings(ctx context.Context, e eventra.BookingExport, after *eventra.Cursor, limit int) ([]eventra.ExportedBooking, *eventra.Cursor, error)
}

// MailTries knows the attempts to send a mail.
type MailTries interface {
	// MailTries returns the attempts of a mail that has not been sent.
	MailTries(ctx context.Context, ref eventra.MailRef) (eventra.MailTries, error)
}

// IdempotencyKeys remembers the first outcome of a request.
type IdempotencyKeys interface {
	// Begin claims a key, or returns the stored outcome: see eventra.IdempotencyClaim.
	// The error is CodeIdempotencyKeyReused for a key of another request, and
	// CodeIdempotencyInProgress while the first call runs; CodeNotFound for a key that is new
	// if the attempt may use OnlyKnown ones. After CodeUnavailable the key
	// may be claimed, unless the error wraps eventra.ErrNotCommitted.
	Begin(ctx context.Context, attempt *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error)
	// Finish ends an attempt's claim with an outcome to replay, unless another attempt
	// has taken the key over.
	Finish(ctx context.Context, attempt *eventra.IdempotencyAttempt, outcome eventra.StoredResponse) error
	// Release ends an attempt's claim without one, or prevents it if Begin has yet to
	// arrive. The same request may be tried again, and gets the same resource id.
	Release(ctx context.Context, attempt *eventra.IdempotencyAttempt) error
}

// RateCounters counts requests per subject over fixed windows, without I/O.
type RateCounters interface {
	// Take counts n requests (0: none) and returns how many the subject has made in the
	// current window, on all instances as far as known.
	Take(class, subject string, window time.Duration, now time.Time, n int) (used int)
}

// Members are the instances of the cluster and what they serve.
type Members interface {
	// Describe asks every member. A member that does not answer is shown without events.
	Describe(ctx context.Context) (*eventra.Cluster, error)
}

// AuditLog is what administrators did.
type AuditLog interface {
	// AuditEntries lists entries, newest first.
	AuditEntries(ctx context.Context, f eventra.AuditFilter, p eventra.Page) ([]eventra.AuditEntry, *eventra.Cursor, error)
	// AppendAudit writes entries of actions that no transaction of the log's store carries out.
	AppendAudit(ctx context.Context, entries ...eventra.AuditEntry) error
}

// UserAdmin is what administrators do with accounts.
type UserAdmin interface {
	// ListUsers lists accounts by address; with a text those whose address begins with it, then those whose name does.
	ListUsers(ctx context.Context, f eventra.UserFilter, p eventra.Page) ([]*eventra.User, *eventra.Cursor, error)
	// Account returns CodeNotFound if there is no such account, or it was erased.
	Account(ctx context.Context, id eventra.ID) (*eventra.User, error)
	// ChangeUser returns the account after the change. What was granted to it before ends if anything changed.
	// Errors: CodeNotFound; CodeLastAdmin.
	ChangeUser(ctx context.Context, change eventra.UserChange) (*eventra.User, error)
}

// DeadMails are the mails whose attempts are used up.
type DeadMails interface {
	// DeadMails lists them, the oldest failure first.
	DeadMails(ctx context.Context, p eventra.Page) ([]eventra.DeadMail, *eventra.Cursor, error)
	// DeadMail and RetryMail return CodeNotFound if there is no such mail, or it is not dead.
	DeadMail(ctx context.Context, ref eventra.MailRef) (*eventra.DeadMail, error)
	RetryMail(ctx context.Context, ref eventra.MailRef) error
}

// Probe checks whether one dependency answers.
type Probe struct {
	Name     string
	Required bool // without it /readyz is 503
	Check    func(context.Context) error
}
