package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// RefreshTokenLife is how long a refresh token is valid, unless it is used before.
const RefreshTokenLife = 7 * 24 * time.Hour

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
