package eventra

import "time"

// Session is one login: the family of refresh tokens that each replace the
// one before. Tokens are kept as SHA-256 hashes only.
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

// DeniedToken is an access token that was logged out before its end.
type DeniedToken struct {
	AccessID  ID
	ExpiresAt time.Time // it need not be denied any longer
	DeniedAt  time.Time // by the store's clock
}
