package main

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
)

// visitor is a kind of caller.
type visitor struct {
	name  string
	token string
	email string // empty if it cannot log in
	want  func(statuses) int
}

// visitors are the columns of the table. All whose token has ended were admins.
func visitors(p *program) []visitor {
	user, userEmail := p.user()
	other, otherEmail := p.user()
	out := []visitor{
		{"anonymous", "", "", func(s statuses) int { return s.anonymous }},
		{"user", user, userEmail, func(s statuses) int { return s.user }},
		{"other user", other, otherEmail, func(s statuses) int { return s.other }},
		{"admin", p.admin, adminEmail, func(s statuses) int { return s.admin }},
	}
	ended := func(name, token string) {
		out = append(out, visitor{name, token, "", func(s statuses) int { return s.ended }})
	}
	ended("expired", expired(p, p.admin))
	admin := func() (*answer, string) {
		email := uuid.NewString() + "@example.org"
		_, err := p.stores().PutAdmin(p.t.Context(), app.Admin{Email: email, Name: "Admin", Password: "correct horse"}, bcrypt.MinCost)
		require.NoError(p.t, err)
		return p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"}), email
	}
	in, _ := admin()
	p.must(204, "POST", "/auth/logout", in.text("accessToken"), object{"refreshToken": in.text("refreshToken")})
	ended("logged out", in.text("accessToken"))
	for _, c := range []struct{ name, sql string }{
		{"disabled", `UPDATE users SET disabled_at = now() WHERE email = $1`},
		{"demoted", `UPDATE users SET role = 'USER' WHERE email = $1`},
		{"deleted", `DELETE FROM users WHERE email = $1`},
	} {
		in, email := admin()
		p.exec(c.sql, email)
		p.requireDenied(in.text("accessToken"))
		ended(c.name, in.text("accessToken"))
	}
	return append(out, keyVisitors(p)...)
}

// keyVisitors are API keys with each scope, and such as are not good.
func keyVisitors(p *program) (out []visitor) {
	add := func(name string, body object, want func(statuses) int) (id string) {
		body["name"] = name
		id, key := p.apiKey(body)
		out = append(out, visitor{name, key, "", want})
		return id
	}
	add("key without scopes", object{}, func(s statuses) int { return s.keys.without })
	for _, scope := range eventra.Scopes {
		add("key with "+string(scope), object{"scopes": []eventra.Scope{scope}}, func(s statuses) int {
			if s.keys.scope == scope {
				return s.keys.with
			}
			return s.keys.without
		})
	}
	add("key for another event", object{"scopes": eventra.Scopes, "eventIds": []string{uuid.NewString()}},
		func(s statuses) int { return s.keys.elsewhere })
	ended := func(s statuses) int { return s.keys.ended }
	p.must(204, "DELETE", "/admin/api-keys/"+add("revoked key", object{"scopes": eventra.Scopes}, ended), p.admin, nil)
	id := add("expired key", object{"scopes": eventra.Scopes, "expiresAt": time.Now().Add(time.Hour)}, ended)
	p.exec(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, id)
	return out
}

// apiKey makes an API key.
func (p *program) apiKey(body object) (id, key string) {
	p.t.Helper()
	made := p.must(201, "POST", "/admin/api-keys", p.admin, body)
	return made.text("id"), made.text("key")
}

// expired returns a token as it would be if it had been issued an hour ago.
func expired(p *program, token string) string {
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	require.NoError(p.t, err)
	claims := parsed.Claims.(jwt.MapClaims)
	claims["iat"], claims["exp"] = time.Now().Add(-time.Hour).Unix(), time.Now().Add(-time.Minute).Unix()
	parsed.Method = jwt.SigningMethodHS256
	signed, err := parsed.SignedString([]byte(p.cfg.JWTSecret))
	require.NoError(p.t, err)
	return signed
}
