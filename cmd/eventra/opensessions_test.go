package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// items are the entries of a list.
func (a *answer) items() (items []object) {
	list, _ := a.body["items"].([]any)
	for _, item := range list {
		items = append(items, item.(map[string]any))
	}
	return items
}

func TestSessions_AreListedAndEnded(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	first, email := p.signIn()
	second := p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"}, "User-Agent: shop/2 (a \"browser\")")
	access := func(in *answer) string { return in.text("accessToken") }
	sessions := p.must(200, "GET", "/auth/sessions", access(first), nil).items()
	require.Len(t, sessions, 2)
	require.Equal(t, `shop/2 (a "browser")`, sessions[0]["userAgent"])
	require.Equal(t, "127.0.0.1", sessions[0]["address"])
	require.Equal(t, false, sessions[0]["current"])
	require.Equal(t, true, sessions[1]["current"])
	require.Len(t, p.must(200, "GET", "/auth/sessions?limit=1", access(first), nil).items(), 1)

	stranger, _ := p.user()
	path := "/auth/sessions/" + sessions[0]["id"].(string)
	p.must(404, "DELETE", path, stranger, nil)
	for range 2 {
		p.must(204, "DELETE", path, access(first), nil)
	}
	p.must(401, "GET", "/auth/me", access(second), nil)
	elsewhere.requireDenied(access(second))
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": second.text("refreshToken")})
	p.must(200, "GET", "/auth/me", access(first), nil)

	third := p.login(email, "correct horse")
	p.must(204, "POST", "/auth/logout-all", third, nil)
	for _, token := range []string{access(first), third} {
		p.must(401, "GET", "/auth/me", token, nil)
		elsewhere.requireDenied(token)
	}
	p.must(200, "GET", "/auth/me", p.login(email, "correct horse"), nil)
}

func TestPassword_ChangeIsTold(t *testing.T) {
	t.Parallel()
	p := start(t)
	in, email := p.signIn()
	p.must(204, "POST", "/auth/password", in.text("accessToken"), object{"current": "correct horse", "password": "new battery staple"})
	eventually(t, 20*time.Second, "the mail about it", func() bool { return len(mailsTo(t, email)) == 1 })
	require.Equal(t, "Your password was changed", mailsTo(t, email)[0].Subject)
}

func TestPassword_ChangeEndsOtherSessions(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	in, email := p.signIn()
	other := p.login(email, "correct horse")
	change := func(current, password string) object { return object{"current": current, "password": password} }
	for _, wrong := range []object{change("", "new battery staple"), change("incorrect horse", "new battery staple"), change("correct horse", "short"),
		change("correct horse", email), change("correct horse", "password1")} {
		require.Equal(t, "validation_failed", p.must(422, "POST", "/auth/password", in.text("accessToken"), wrong).text("code"))
	}
	p.must(200, "GET", "/auth/me", other, nil)

	p.must(204, "POST", "/auth/password", in.text("accessToken"), change("correct horse", "new battery staple"))
	for _, token := range []string{other, in.text("accessToken")} {
		p.must(401, "GET", "/auth/me", token, nil)
		elsewhere.requireDenied(token)
	}
	again := p.must(200, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	p.must(200, "GET", "/auth/me", again.text("accessToken"), nil)
	require.Len(t, p.must(200, "GET", "/auth/sessions", again.text("accessToken"), nil).items(), 1)
	p.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	p.login(email, "new battery staple")
}
