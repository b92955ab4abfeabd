package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is a secret with the name by which tokens say who signed them.
type signingKey struct {
	id     string
	secret []byte
}

const keyIDBytes = 9

// keyID names a secret without revealing it.
func keyID(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("eventra key id"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:keyIDBytes])
}

var errUnknownKey = errors.New("auth: signed with an unknown key")

// key returns the secret that a token says it is signed with. Tokens of earlier releases
// do not say; any secret may have signed them.
func (t *AccessTokens) key(token *jwt.Token) (any, error) {
	id, named := token.Header["kid"]
	var all jwt.VerificationKeySet
	for _, key := range t.keys {
		if key.id == id {
			return key.secret, nil
		}
		all.Keys = append(all.Keys, key.secret)
	}
	if named {
		return nil, errUnknownKey
	}
	return all, nil
}
