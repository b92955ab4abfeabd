package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

const (
	// RefreshTokenLife is how long a refresh token is valid, unless it is used before.
	RefreshTokenLife = 7 * 24 * time.Hour
	// SessionLife is the usual bound of a session, however often its tokens are replaced.
	SessionLife = 90 * 24 * time.Hour
)

const refreshTokenBytes = 32

// NewRefreshToken makes a random token and the hash by which it is stored.
func NewRefreshToken() (token string, hash [sha256.Size]byte) {
	var random [refreshTokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(random[:])
	return token, RefreshTokenHash(token)
}

// RefreshTokenHash returns the hash by which a token is stored.
func RefreshTokenHash(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// NewSuccessor makes the token that replaces another one, its hash, and a form of it that
// only a holder of the other one can read. The pad is as long as the token and used once.
func NewSuccessor(of string) (token string, hash, sealed [sha256.Size]byte) {
	token, hash = NewRefreshToken()
	random, _ := base64.RawURLEncoding.DecodeString(token)
	sealed = successorPad(of)
	for i := range sealed {
		sealed[i] ^= random[i]
	}
	return token, hash, sealed
}

// OpenSuccessor reads what [NewSuccessor] has sealed.
func OpenSuccessor(of string, sealed [sha256.Size]byte) string {
	pad := successorPad(of)
	for i := range sealed {
		sealed[i] ^= pad[i]
	}
	return base64.RawURLEncoding.EncodeToString(sealed[:])
}

func successorPad(of string) (pad [sha256.Size]byte) {
	mac := hmac.New(sha256.New, []byte(of))
	mac.Write([]byte("eventra refresh token successor"))
	mac.Sum(pad[:0])
	return pad
}
