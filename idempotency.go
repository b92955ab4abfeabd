package eventra

import "time"

// IdempotencyKey identifies one request of one user.
type IdempotencyKey struct {
	UserID ID     // of an anonymous request: made from what the request is about
	Route  string // method and path, such as "POST /api/v1/bookings"
	Key    string // as the client chose it
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
}

// StoredResponse is an HTTP response kept for replay.
type StoredResponse struct {
	Status      int
	ContentType string
	Location    string
	Body        []byte
}
