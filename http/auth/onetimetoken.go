package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// OneTimeTokens makes the tokens of links in mails. A token is made of its id with a secret:
// a store that keeps the id and the token's hash can have the mail sent again, and tells a
// reader of it no token.
type OneTimeTokens struct {
	secrets [][]byte // the first makes new ones
}

// NewOneTimeTokens uses the secrets that sign access tokens: they are replaced one by one,
// too.
func NewOneTimeTokens(secrets ...[]byte) *OneTimeTokens { return &OneTimeTokens{secrets} }

// New makes what is stored of a new token.
func (t *OneTimeTokens) New(id eventra.ID, expiresAt time.Time) eventra.OneTimeToken {
	return eventra.OneTimeToken{ID: id, Hash: OneTimeTokenHash(oneTimeToken(t.secrets[0], id)), ExpiresAt: expiresAt}
}

// Token returns the token of an id that has the stored hash.
func (t *OneTimeTokens) Token(id eventra.ID, hash [sha256.Size]byte) (string, error) {
	for _, secret := range t.secrets {
		if token := oneTimeToken(secret, id); OneTimeTokenHash(token) == hash {
			return token, nil
		}
	}
	return "", errors.New("auth: the token was made with another secret")
}

// OneTimeTokenHash returns the hash by which a token is stored.
func OneTimeTokenHash(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

func oneTimeToken(secret []byte, id eventra.ID) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("eventra one-time token"))
	mac.Write(id[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
