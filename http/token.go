package http

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/eventra/eventra"
)

const (
	accessTokenLife  = 15 * time.Minute
	refreshTokenLife = 7 * 24 * time.Hour
	tokenIssuerName  = "eventra"
	tokenAudience    = "eventra"
)

// caller is who an access token says is calling. It is shared by all requests
// with that token.
type caller struct {
	UserID   eventra.ID
	Role     eventra.Role
	AccessID eventra.ID // of the token itself: its jti
	Expires  time.Time
}

// claims are what an access token holds.
type claims struct {
	Issuer    string           `json:"iss"`
	Audience  jwt.ClaimStrings `json:"aud"`
	UserID    string           `json:"sub"`
	Role      eventra.Role     `json:"role"`
	AccessID  string           `json:"jti"`
	SessionID string           `json:"sid"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	Expires   *jwt.NumericDate `json:"exp"`
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.UserID, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience, nil }

// tokenIssuer makes and checks access tokens: JWTs signed by HMAC-SHA-256.
type tokenIssuer struct {
	secret   []byte
	parser   *jwt.Parser
	verified tokenCache
}

func newTokenIssuer(secret []byte) *tokenIssuer {
	return &tokenIssuer{secret: secret, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(tokenIssuerName), jwt.WithAudience(tokenAudience), jwt.WithExpirationRequired())}
}

// issue signs a token for a user's session.
func (i *tokenIssuer) issue(user *eventra.User, session eventra.ID, now time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{
		Issuer:    tokenIssuerName,
		Audience:  jwt.ClaimStrings{tokenAudience},
		UserID:    user.ID.String(),
		Role:      user.Role,
		AccessID:  newID().String(),
		SessionID: session.String(),
		IssuedAt:  jwt.NewNumericDate(now),
		Expires:   jwt.NewNumericDate(now.Add(accessTokenLife)),
	}).SignedString(i.secret)
}

// verify tells whose token it is. Whether it was logged out is not asked here.
func (i *tokenIssuer) verify(token string) (*caller, error) {
	if who := i.verified.get(token, time.Now()); who != nil {
		return who, nil
	}
	var held claims
	_, err := i.parser.ParseWithClaims(token, &held, func(*jwt.Token) (any, error) { return i.secret, nil })
	if err != nil {
		return nil, err
	}
	user, err := eventra.ParseID(held.UserID)
	if err != nil {
		return nil, err
	}
	access, err := eventra.ParseID(held.AccessID)
	if err != nil {
		return nil, err
	}
	who := &caller{UserID: user, Role: held.Role, AccessID: access, Expires: held.Expires.Time}
	i.verified.put(token, who)
	return who, nil
}

const refreshTokenBytes = 32

// newRefreshToken makes a random token and the hash by which it is stored.
func newRefreshToken() (token string, hash [sha256.Size]byte) {
	var random [refreshTokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(random[:])
	return token, sha256.Sum256([]byte(token))
}
