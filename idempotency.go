package eventra

// IdempotencyKey identifies one request of one user. The UserID of an anonymous
// request is zero.
type IdempotencyKey struct {
	UserID ID
	Route  string // method and path, such as "POST /api/v1/bookings"
	Key    string // as the client chose it
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
