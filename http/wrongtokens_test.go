package http

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestWrongInput_Tokens(t *testing.T) {
	t.Parallel()
	eachEndpoint(t, endpoint.any, func(t *testing.T, ts *testServer, e endpoint) {
		for name, header := range ts.badAuthorizations() {
			a := ts.send(e.method, e.path, "", e.body, "Authorization: "+header)
			if strings.HasPrefix(e.path, "/api/v1/auth/") && e.who == "" {
				require.NotContains(t, a.body, `"code":"unauthenticated"`, name) // it needs no token, so it looks at none
				continue
			}
			ts.problem(a, 401, eventra.CodeUnauthenticated)
		}
		if e.who != "" {
			ts.problem(ts.send(e.method, e.path, "", e.body), 401, eventra.CodeUnauthenticated)
		}
		if e.who == "admin" {
			ts.problem(ts.send(e.method, e.path, ts.userToken, e.body), 403, eventra.CodeForbidden)
		}
	})
}

// badAuthorizations returns headers that must be refused.
func (ts *testServer) badAuthorizations() map[string]string {
	sign := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		now := time.Now()
		c := jwt.MapClaims{"iss": "eventra", "aud": "eventra", "sub": ts.admin.ID.String(), "role": "ADMIN",
			"jti": newID().String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
		if change != nil {
			change(c)
		}
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		require.NoError(ts.t, err)
		return "Bearer " + token
	}
	secret := []byte(testSecret)
	set := func(claim string, value any) string {
		return sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c[claim] = value })
	}
	cut := strings.LastIndexByte(ts.adminToken, '.')
	// Without its one fault a token is accepted.
	ts.ok(200, "GET", "/api/v1/auth/me", strings.TrimPrefix(sign(jwt.SigningMethodHS256, secret, nil), "Bearer "), "")
	return map[string]string{
		"no scheme":      ts.adminToken,
		"other scheme":   "Basic dXNlcjpwYXNz",
		"empty":          "Bearer ",
		"no JWT":         "Bearer abc",
		"alg none":       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"other alg":      sign(jwt.SigningMethodHS512, secret, nil),
		"other secret":   sign(jwt.SigningMethodHS256, []byte("another secret of more than 32 bytes"), nil),
		"expired":        set("exp", time.Now().Add(-time.Second).Unix()),
		"no expiry":      sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { delete(c, "exp") }),
		"other issuer":   set("iss", "x"),
		"other audience": set("aud", "x"),
		"no user":        set("sub", "admin"),
		"no id":          set("jti", ""),
		"no signature":   "Bearer " + ts.adminToken[:cut+1],
		"other claims": "Bearer " + strings.Split(ts.userToken, ".")[0] + "." +
			base64.RawURLEncoding.EncodeToString([]byte(`{"role":"ADMIN"}`)) + ts.adminToken[cut:],
	}
}
