package main

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

func requireVerifiedEmail(cfg *app.Config) { cfg.RequireVerified = true }

var linkText = regexp.MustCompile(`http://\S+\?token=[\w-]{43}`)

// link waits for a mail with this subject to an address, and returns its link.
func (p *program) link(email, subject string) (link string) {
	p.t.Helper()
	eventually(p.t, 20*time.Second, "the mail "+subject, func() bool {
		for _, m := range mailsTo(p.t, email) {
			if m.Subject == subject {
				link = linkText.FindString(m.Text)
				return true
			}
		}
		return false
	})
	require.NotEmpty(p.t, link)
	return link
}

func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, "?token=")
	return token
}

// open opens a link as a browser does, and returns the page.
func (p *program) open(link string) string {
	p.t.Helper()
	resp, err := p.http.Get(link)
	require.NoError(p.t, err)
	return p.page(resp)
}

// submit sends the form of the page to which a link leads.
func (p *program) submit(link string, values url.Values) string {
	p.t.Helper()
	page, token, _ := strings.Cut(link, "?token=")
	values.Set("token", token)
	resp, err := p.http.PostForm(page, values)
	require.NoError(p.t, err)
	return p.page(resp)
}

func (p *program) page(resp *http.Response) string {
	p.t.Helper()
	defer resp.Body.Close()
	require.Equal(p.t, 200, resp.StatusCode)
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return string(text)
}

// TestVerification_Story: a newcomer registers, follows the link, and holds with the token that the browser has.
func TestVerification_Story(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	elsewhere := p.another()
	event := p.event(1, 10, nil)
	in, email := p.signIn()
	token := in.text("accessToken")
	require.Equal(t, false, in.body["user"].(object)["emailVerified"])
	for _, at := range []*program{p, elsewhere} {
		require.Equal(t, "email_not_verified", at.hold(token, event, "A-1-1").text("code"))
	}
	link := p.link(email, "Confirm your e-mail address")
	require.Contains(t, p.open(link), "<form")
	require.Equal(t, "email_not_verified", p.hold(token, event, "A-1-1").text("code"), "opening the link changes nothing")
	require.Contains(t, p.submit(link, url.Values{}), "Your address is confirmed")
	require.Equal(t, 201, p.hold(token, event, "A-1-1").status)
	require.Equal(t, 201, elsewhere.hold(token, event, "A-1-2").status)
	require.Equal(t, "invalid_token", p.must(422, "POST", "/auth/email/verify", "", object{"token": tokenOf(link)}).text("code"))
	require.Equal(t, true, p.must(200, "GET", "/auth/me", token, nil).body["emailVerified"])
	require.Zero(t, p.count(`SELECT count(*) FROM account_mails WHERE position($1::bytea in token_hash) > 0`, []byte(tokenOf(link))))
	require.Equal(t, 1, p.count(`SELECT count(*) FROM account_mails WHERE address = $1`, email))
}

func TestVerification_OfTheMailThatWasSentAgain(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	in, email := p.signIn()
	p.must(202, "POST", "/auth/email/verification", in.text("accessToken"), nil)
	eventually(t, 20*time.Second, "both mails", func() bool { return len(mailsTo(t, email)) == 2 })
	links := map[string]bool{}
	for _, m := range mailsTo(t, email) {
		links[linkText.FindString(m.Text)] = true
	}
	require.Len(t, links, 2)
	statuses := map[int]int{}
	for link := range links {
		statuses[p.call("POST", "/auth/email/verify", "", object{"token": tokenOf(link)}).status]++
	}
	require.Equal(t, map[int]int{204: 2}, statuses, "each link works once, whichever is followed first")
	p.must(202, "POST", "/auth/email/verification", in.text("accessToken"), nil)
	require.Equal(t, 2, p.count(`SELECT count(*) FROM account_mails WHERE address = $1`, email), "it is verified")
}

// Accounts of before, and those that members of the build before make, count as verified.
func TestVerification_IsNotAskedOfOldAccounts(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	event := p.event(1, 10, nil)
	_, email := p.signIn()
	p.exec(`INSERT INTO users (id, email, name, role, password_hash, created_at)
		SELECT gen_random_uuid(), 'old-' || email, name, role, password_hash, created_at FROM users WHERE email = $1`, email)
	require.Equal(t, 201, p.hold(p.login("old-"+email, "correct horse"), event, "A-1-1").status)
}

// TestForgottenPassword_Story: who forgot a password gets a mail, sets another one, and is signed out everywhere.
func TestForgottenPassword_Story(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	in, email := p.signIn()
	forget := func(email string) *answer {
		return p.must(202, "POST", "/auth/password/forgot", "", object{"email": email})
	}
	nobody := uuid.NewString() + "@example.org"
	forget(nobody)
	forget(email)
	link := p.link(email, "Set a new password")
	require.Contains(t, p.open(link), `type="password"`)
	require.Contains(t, p.submit(link, url.Values{"password": {"new battery staple"}, "again": {"new battery staple"}}), "Your password is set")

	for _, at := range []*program{p, elsewhere} {
		at.requireDenied(in.text("accessToken"))
	}
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	p.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	p.must(200, "POST", "/auth/login", "", object{"email": email, "password": "new battery staple"})
	p.must(422, "POST", "/auth/password/reset", "", object{"token": tokenOf(link), "password": "a third battery staple"})
	eventually(t, 20*time.Second, "the mail about it", func() bool { return len(mailsTo(t, email)) == 2 })
	eventually(t, 20*time.Second, "the mail to nobody to be withheld", func() bool {
		return p.count(`SELECT count(*) FROM account_mails WHERE address = $1 AND withheld`, nobody) == 1
	})
	require.Empty(t, mailsTo(t, nobody))
}

// insertToken makes a one-time token of a user, as if a mail had brought it.
func (p *program) insertToken(kind, email string) (token string) {
	token = uuid.NewString()
	hash := sha256.Sum256([]byte(token))
	p.exec(`INSERT INTO account_mails (kind, address, user_id, token_hash, expires_at, sent_at)
		SELECT $1, $2, id, $3, now() + interval '1 hour', now() FROM users WHERE email = $2`, kind, email, hash[:])
	return token
}

func TestForgottenPassword_TwoResetsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	_, email := p.signIn()
	tokens := []string{p.insertToken("reset", email), p.insertToken("reset", email)}
	passwords := []string{"first battery staple", "second battery staple", "third battery staple", "fourth battery staple"}
	answers := make([]*answer, len(passwords))
	parallel(len(answers), len(answers), func(i int) {
		at := []*program{p, elsewhere}[i%2]
		answers[i] = at.call("POST", "/auth/password/reset", "", object{"token": tokens[i/2], "password": passwords[i]})
	})
	won := 0
	for i, a := range answers {
		login := p.call("POST", "/auth/login", "", object{"email": email, "password": passwords[i]})
		if a.status == 204 {
			won++
			require.Equal(t, 200, login.status)
			continue
		}
		require.Equal(t, "invalid_token", a.text("code"))
		require.Equal(t, 401, login.status)
	}
	require.Equal(t, 1, won)
}
