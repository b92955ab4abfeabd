package auth

import (
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/eventra/eventra"
)

const (
	// AccessTokenLife is how long an access token is valid.
	AccessTokenLife = 15 * time.Minute
	// SecretMinBytes is what HS256 needs to be as strong as its hash (RFC 7518, 3.2).
	SecretMinBytes = 32

	issuer   = "eventra"
	audience = "eventra"
)

// Caller is who makes a request: the user for whom an access token was issued, or an API key.
// All requests with that token or key share it, so only KnownToExist and
// Unverified are written to.
type Caller struct {
	eventra.AccessTokenID // of a key: the key's id as that of the user, and the version of its secret
	Role                  eventra.Role
	Key                   *eventra.APIKey // nil for a user
	Expires               time.Time       // zero: never

	// KnownToExist is set once the user's account was seen in the store. An account that is
	// deleted later denies its tokens.
	KnownToExist atomic.Bool
	// Unverified is set until the user's address is known to be verified.
	Unverified atomic.Bool
}

// Can reports whether the caller may do what a scope stands for: a key that has it, and every
// administrator.
func (c *Caller) Can(scope eventra.Scope) bool {
	if c.Key != nil {
		return c.Key.Has(scope)
	}
	return c.Role == eventra.RoleAdmin
}

// Covers reports whether the caller is not limited to other events, as an API key may be.
func (c *Caller) Covers(event eventra.ID) bool { return c.Key == nil || c.Key.Covers(event) }

// Limited reports whether the caller is an API key for some events alone.
func (c *Caller) Limited() bool { return c.Key != nil && c.Key.Limited() }

// claims are what an access token holds.
type claims struct {
	Issuer    string           `json:"iss"`
	Audience  jwt.ClaimStrings `json:"aud"`
	UserID    string           `json:"sub"`
	Role      eventra.Role     `json:"role"`
	AccessID  string           `json:"jti"`
	SessionID string           `json:"sid"`
	Version   int              `json:"ver,omitempty"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	Expires   *jwt.NumericDate `json:"exp"`

	// Tokens of earlier releases do not say; their users count as verified.
	EmailVerified *bool `json:"email_verified,omitempty"`
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.UserID, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience, nil }

// AccessTokens issues and verifies access tokens.
type AccessTokens struct {
	keys     []signingKey // the first signs
	parser   *jwt.Parser
	verified tokenCache
}

// CacheBytes returns about how many bytes the verified tokens take.
func (t *AccessTokens) CacheBytes() uint64 { return t.verified.callers.WeightedSize() }

// NewAccessTokens makes an issuer that signs with the first secret and accepts tokens of all.
// Each has at least [SecretMinBytes].
func NewAccessTokens(secrets ...[]byte) *AccessTokens {
	t := &AccessTokens{verified: newTokenCache(tokenCacheMaxBytes), parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired())}
	for _, secret := range secrets {
		t.keys = append(t.keys, signingKey{keyID(secret), secret})
	}
	return t
}

// Issue signs a token for a session of a user who exists.
func (t *AccessTokens) Issue(user *eventra.User, session eventra.ID, now time.Time) (string, error) {
	token, err := t.sign(user, session, now)
	if err != nil {
		return "", err
	}
	caller, err := t.Verify(token)
	if err != nil {
		return "", err
	}
	caller.KnownToExist.Store(true)
	return token, nil
}

func (t *AccessTokens) sign(user *eventra.User, session eventra.ID, now time.Time) (string, error) {
	held := &claims{
		Issuer:    issuer,
		Audience:  jwt.ClaimStrings{audience},
		UserID:    user.ID.String(),
		Role:      user.Role,
		AccessID:  uuid.Must(uuid.NewV7()).String(),
		SessionID: session.String(),
		Version:   user.TokenVersion,
		IssuedAt:  jwt.NewNumericDate(now),
		Expires:   jwt.NewNumericDate(now.Add(AccessTokenLife)),
	}
	if !user.Verified {
		held.EmailVerified = &user.Verified
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, held)
	token.Header["kid"] = t.keys[0].id
	return token.SignedString(t.keys[0].secret)
}

// Verify returns the caller of a valid token, also of one that was logged out. It does not
// keep token.
func (t *AccessTokens) Verify(token string) (*Caller, error) {
	if caller := t.verified.get(token); caller != nil {
		return caller, nil
	}
	var held claims
	_, err := t.parser.ParseWithClaims(token, &held, t.key)
	if err != nil {
		return nil, err
	}
	caller := &Caller{Role: held.Role, Expires: held.Expires.Time}
	caller.Version = held.Version
	caller.Unverified.Store(held.EmailVerified != nil && !*held.EmailVerified)
	if caller.UserID, err = eventra.ParseID(held.UserID); err != nil {
		return nil, err
	}
	if caller.AccessID, err = eventra.ParseID(held.AccessID); err != nil {
		return nil, err
	}
	if held.SessionID != "" {
		if caller.SessionID, err = eventra.ParseID(held.SessionID); err != nil {
			return nil, err
		}
	}
	t.verified.put(token, caller)
	return caller, nil
}
