package eventra

import (
	"strings"
	"time"
	"unicode/utf8"
)

// IdempotencyKey identifies one request of one user.
type IdempotencyKey struct {
	UserID ID     // of an anonymous request: made from what the request is about
	Route  string // method and path, such as "POST /api/v1/bookings"
	Key    string // as the client chose it
}

// idempotencyKeyMaxBytes bounds a key in all its parts, so that it fits into an index.
const idempotencyKeyMaxBytes = 1024

// Validate refuses a key that cannot be stored, before it meets others in a statement.
func (k *IdempotencyKey) Validate() error {
	for _, text := range [...]string{k.Route, k.Key} {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return Errorf(CodeValidationFailed, "an idempotency key and its route must be text")
		}
	}
	if len(k.Route)+len(k.Key) > idempotencyKeyMaxBytes {
		return Errorf(CodeValidationFailed, "an idempotency key must have at most %d bytes, with its route", idempotencyKeyMaxBytes)
	}
	return nil
}

// KeyReused says that a key belongs to another request.
func KeyReused() *Error {
	return Errorf(CodeIdempotencyKeyReused, "the idempotency key was used with another request")
}

// KeyInProgress says that the first request under a key has no outcome yet.
func KeyInProgress() *Error {
	return &Error{Code: CodeIdempotencyInProgress, Message: "the first request with this idempotency key is still running", RetryAfter: time.Second}
}

// IdempotencyAttempt is a try to carry out a request under its key.
type IdempotencyAttempt struct {
	Key IdempotencyKey
	// ResourceID is the id of the resource that the request makes, if this is its
	// first try. It also identifies the attempt.
	ResourceID ID
	// RequestHash distinguishes a repetition from another request.
	RequestHash [32]byte
	// EarlierHash is what members of the release before know requests by.
	EarlierHash [32]byte
	// Lease is the time after which another attempt may take the claim over.
	Lease time.Duration
	// OnlyKnown is a caller that may use no key that is new.
	OnlyKnown bool
}

// IdempotencyClaim answers a caller that wants to carry out a request under its
// key.
type IdempotencyClaim struct {
	// ResourceID is the id of the resource that the request makes. It is the same
	// on every try, so that a try after a crash makes nothing twice.
	ResourceID ID
	// Again says that an earlier try left no outcome. The resource may exist.
	Again bool
	// Stored is the first outcome, for replay. It is nil if the caller has to
	// carry the request out.
	Stored *StoredResponse
	// Held says that the outcome is the hold ResourceID, as it was made: the key was
	// written with it. Stored is nil.
	Held bool
}

// New reports whether no request had used the key.
func (c *IdempotencyClaim) New() bool { return c.Stored == nil && !c.Again && !c.Held }

// StoredResponse is an HTTP response kept for replay.
type StoredResponse struct {
	Status      int
	ContentType string
	Location    string
	Body        []byte
}
