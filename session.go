package eventra

import (
	"math"
	"time"
)

// Session is one log-in. Its refresh tokens are a family: each replaces the one
// before. Only their SHA-256 hashes are kept.
type Session struct {
	ID           ID // the family
	UserID       ID
	TokenVersion int // of the user, as the log-in found it
	TokenHash    [32]byte
	ExpiresAt    time.Time
	Client       Client // that signed in
}

// Client is what is known about a program that signs in.
type Client struct {
	Address   string
	UserAgent string // as it calls itself
}

// OpenSession is a session that has not ended, as its user sees it.
type OpenSession struct {
	ID         ID
	CreatedAt  time.Time
	LastUsedAt time.Time // its last refresh, or its beginning
	ExpiresAt  time.Time // unless it is refreshed
	Client     Client    // empty if the session began before clients were noted
}

// PasswordChange replaces a user's password, and ends all of the user's sessions but one.
type PasswordChange struct {
	UserID       ID
	TokenVersion int // of the user, as the check of the old password found it
	Hash         []byte
	KeptSession  ID
}

// Rotation replaces a refresh token with its successor.
type Rotation struct {
	Presented   [32]byte // hash of the token that the client showed
	Successor   [32]byte
	Sealed      [32]byte      // the successor itself, readable by a holder of the presented token
	ExpiresAt   time.Time     // of the successor, unless the session ends before
	SessionLife time.Duration // of a session, however often it rotates; 0: no limit
}

// Rotated is what a [Rotation] comes to. A repeated one gets the successor of the first.
type Rotated struct {
	User      *User
	UserID    ID
	SessionID ID
	Sealed    [32]byte
}

// AccessTokenID names an access token by all that can end it.
type AccessTokenID struct {
	AccessID  ID // of the token itself
	SessionID ID
	UserID    ID
	Version   int // the user's [User.TokenVersion] when it was issued
}

// Denial ends access tokens before they expire: those whose own id, session or user is
// the subject, and whose version is below its own.
type Denial struct {
	Subject      ID
	BelowVersion int
	ExpiresAt    time.Time // afterwards all denied tokens have expired
	DeniedAt     time.Time // by the store's clock
}

// AllVersions is the BelowVersion of a [Denial] that ends tokens of every version.
const AllVersions = math.MaxInt32
