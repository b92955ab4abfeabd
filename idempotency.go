package eventra

// IdempotencyKey names one request of one user; anonymous requests have a
// zero UserID.
type IdempotencyKey struct {
	UserID ID
	Route  string // method and path, such as "POST /api/v1/bookings"
	Key    string // as the client chose it
}

// IdempotencyClaim is what Begin came to.
type IdempotencyClaim struct {
	// ResourceID is the id that the request's resource gets, the same on
	// every try, so that a try after a crash makes nothing twice.
	ResourceID ID
	// Again: an earlier try left no outcome. What it made may be there.
	Again bool
	// Stored is the first outcome, to be replayed; nil if the request is to
	// be carried out now.
	Stored *StoredResponse
}

// StoredResponse is an HTTP answer kept for replay.
type StoredResponse struct {
	Status      int
	ContentType string
	Location    string
	Body        []byte
}
