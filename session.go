package eventra

import "time"

// Session is one log-in. Its refresh tokens are a family: each replaces the one
// before. Only their SHA-256 hashes are kept.
type Session struct {
	ID        ID // the family
	UserID    ID
	TokenHash [32]byte
	ExpiresAt time.Time
}

// Rotation replaces a refresh token with its successor.
type Rotation struct {
	Presented [32]byte // hash of the token that the client showed
	Successor [32]byte
	ExpiresAt time.Time // of the successor
}

// DeniedToken is an access token that was logged out before it expired.
type DeniedToken struct {
	AccessID  ID
	ExpiresAt time.Time // of the access token; afterwards it need not be denied
	DeniedAt  time.Time // by the store's clock
}
