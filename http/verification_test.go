package http

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func requireVerifiedEmail(c *Config) { c.RequireVerifiedEmail = true }

// lastToken returns the token of the link in the mail that was written last.
func (ts *testServer) lastToken() string {
	ts.t.Helper()
	ts.fakes.mu.Lock()
	defer ts.fakes.mu.Unlock()
	require.NotEmpty(ts.t, ts.fakes.accountMails)
	last := ts.fakes.accountMails[len(ts.fakes.accountMails)-1].Token
	token, err := ts.server.oneTimeTokens.Token(last.ID, last.Hash)
	require.NoError(ts.t, err)
	return token
}

func (ts *testServer) newcomer() (accessToken string) {
	ts.t.Helper()
	in, _ := ts.ok(201, "POST", "/api/v1/auth/register", "", `{"email":"new@example.com","password":"correct horse","name":"New"}`)
	return in["accessToken"].(string)
}

func (ts *testServer) verifiedAsked() int {
	ts.fakes.mu.Lock()
	defer ts.fakes.mu.Unlock()
	return ts.fakes.verifiedAsked
}

func TestHold_NeedsAVerifiedAddress(t *testing.T) {
	ts := newTestServer(t, requireVerifiedEmail)
	token := ts.newcomer()
	me, _ := ts.ok(200, "GET", "/api/v1/auth/me", token, "")
	require.Equal(t, false, me["emailVerified"])
	hold := func() answer {
		return ts.send("POST", "/api/v1/bookings", token, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`, "Idempotency-Key: k1")
	}
	ts.problem(hold(), 403, eventra.CodeEmailNotVerified)
	ts.problem(hold(), 403, eventra.CodeEmailNotVerified)
	ts.ok(200, "GET", "/api/v1/bookings", token, "")
	require.Equal(t, 2, ts.verifiedAsked())

	require.Equal(t, 204, ts.send("POST", "/api/v1/auth/email/verify", "", `{"token":"`+ts.lastToken()+`"}`).StatusCode)
	for range 3 {
		require.Equal(t, 201, hold().StatusCode, "with the token that it has")
	}
	require.Equal(t, 3, ts.verifiedAsked(), "one look is enough for each token")
	me, _ = ts.ok(200, "GET", "/api/v1/auth/me", token, "")
	require.Equal(t, true, me["emailVerified"])
}

func TestHold_OfAVerifiedCallerAsksNobody(t *testing.T) {
	ts := newTestServer(t, requireVerifiedEmail)
	ts.newcomer()
	require.Equal(t, 204, ts.send("POST", "/api/v1/auth/email/verify", "", `{"token":"`+ts.lastToken()+`"}`).StatusCode)
	in, _ := ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"new@example.com","password":"correct horse"}`)
	a := ts.send("POST", "/api/v1/bookings", in["accessToken"].(string), `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	require.Zero(t, ts.verifiedAsked())
}

func TestHold_NeedsNoVerifiedAddressIfItIsSwitchedOff(t *testing.T) {
	ts := newTestServer(t)
	a := ts.send("POST", "/api/v1/bookings", ts.newcomer(), `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	require.Empty(t, ts.fakes.accountMails)
}

func TestVerification_IsSentAgain(t *testing.T) {
	ts := newTestServer(t, requireVerifiedEmail)
	token := ts.newcomer()
	again := func() answer { return ts.send("POST", "/api/v1/auth/email/verification", token, "") }
	for range eventra.AccountMailsPerHour - 1 {
		require.Equal(t, 202, again().StatusCode)
	}
	a := again()
	ts.problem(a, 429, eventra.CodeRateLimited)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.Len(t, ts.fakes.accountMails, eventra.AccountMailsPerHour)
	require.Equal(t, 204, ts.send("POST", "/api/v1/auth/email/verify", "", `{"token":"`+ts.lastToken()+`"}`).StatusCode)
	left := len(ts.fakes.accountMails)
	require.Equal(t, 202, again().StatusCode, "there is nothing to send")
	require.Len(t, ts.fakes.accountMails, left)
	ts.problem(ts.send("POST", "/api/v1/auth/email/verification", "", ""), 401, eventra.CodeUnauthenticated)
}

func TestForgotPassword_AnswersAlikeForAll(t *testing.T) {
	ts := newTestServer(t)
	var first answer
	for i, email := range []string{"nobody@example.com", "USER@example.com ", "user@example.com", "nobody@example.com"} {
		a := ts.send("POST", "/api/v1/auth/password/forgot", "", `{"email":"`+email+`"}`)
		require.Equal(t, 202, a.StatusCode)
		require.Empty(t, a.body)
		if i == 0 {
			first = a
		}
		for name := range first.Header {
			if name != "X-Request-Id" && name != "Date" {
				require.Equal(t, first.Header[name], a.Header[name], name)
			}
		}
	}
	for range eventra.AccountMailsPerHour {
		require.Equal(t, 202, ts.send("POST", "/api/v1/auth/password/forgot", "", `{"email":"user@example.com"}`).StatusCode)
	}
	for _, mail := range ts.fakes.accountMails {
		require.Equal(t, eventra.MailReset, mail.Kind)
		require.True(t, mail.UserID.IsZero(), "nobody looked whose address it is")
	}
	ts.problem(ts.send("POST", "/api/v1/auth/password/forgot", "", `{"email":"nobody"}`), 422, eventra.CodeValidationFailed)
}

func TestResetPassword(t *testing.T) {
	ts := newTestServer(t)
	ts.send("POST", "/api/v1/auth/password/forgot", "", `{"email":"user@example.com"}`)
	token := ts.lastToken()
	reset := func(token, password string) answer {
		return ts.send("POST", "/api/v1/auth/password/reset", "", `{"token":"`+token+`","password":"`+password+`"}`)
	}
	ts.problem(reset("unknown", "another battery staple"), 422, eventra.CodeInvalidToken)
	for _, wrong := range []string{"short", "user@example.com", strings.Repeat("x", 73)} {
		ts.problem(reset(token, wrong), 422, eventra.CodeValidationFailed)
	}
	ts.problem(reset("", "another battery staple"), 422, eventra.CodeValidationFailed)
	require.Equal(t, 204, reset(token, "another battery staple").StatusCode)
	ts.problem(reset(token, "a third battery staple"), 422, eventra.CodeInvalidToken)
	ts.problem(ts.send("GET", "/api/v1/auth/me", ts.userToken, ""), 401, eventra.CodeUnauthenticated)
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"another battery staple"}`)
	require.NotContains(t, ts.log.String(), token)
}

// sendForm sends a page's form.
func (ts *testServer) sendForm(path string, values ...string) answer {
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return ts.send("POST", path, "", form.Encode(), "Content-Type: application/x-www-form-urlencoded")
}

func requirePage(t *testing.T, a answer, status int, texts ...string) {
	t.Helper()
	require.Equal(t, status, a.StatusCode, a.body)
	require.Equal(t, "text/html; charset=utf-8", a.Header.Get("Content-Type"))
	require.Equal(t, "no-referrer", a.Header.Get("Referrer-Policy"))
	require.Contains(t, a.Header.Get("Cache-Control"), "no-store")
	policy := a.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	require.NotContains(t, a.body, "<script")
	require.NotContains(t, a.body, "http://", "no resource of elsewhere")
	require.NotContains(t, a.body, "https://")
	_, style, _ := strings.Cut(a.body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	require.Contains(t, policy, styleHash([]byte("<style>"+style+"</style>")), "as it is sent")
	for _, text := range texts {
		require.Contains(t, a.body, text)
	}
}

// A program that looks for harmful links in mails opens them, and must not use them up.
func TestVerifyEmailPage(t *testing.T) {
	ts := newTestServer(t, requireVerifiedEmail)
	ts.newcomer()
	token := ts.lastToken()
	for range 2 {
		requirePage(t, ts.send("GET", "/verify-email?utm_source=mail&token="+token, "", ""), 200, `value="`+token+`"`, "<button")
	}
	requirePage(t, ts.sendForm("/verify-email", "token", token), 200, "Your address is confirmed")
	for _, useless := range []string{token, "", "x", `"><script>alert(1)</script>`, strings.Repeat("x", 3000)} {
		requirePage(t, ts.sendForm("/verify-email", "token", useless), 422, "does not work any more", `role="alert"`)
		requirePage(t, ts.send("GET", "/verify-email?token="+url.QueryEscape(useless), "", ""), 200)
	}
	require.NotContains(t, ts.log.String(), token)
}

func TestResetPasswordPage(t *testing.T) {
	ts := newTestServer(t)
	ts.send("POST", "/api/v1/auth/password/forgot", "", `{"email":"user@example.com"}`)
	token := ts.lastToken()
	requirePage(t, ts.send("GET", "/reset-password?token="+token, "", ""), 200, `value="`+token+`"`, `type="password"`)
	for _, wrong := range []struct{ password, again, text string }{
		{"another battery staple", "another battery stable", "differ"}, {"short", "short", "choose another"},
		{"user@example.com", "user@example.com", "choose another"}, {"", "", "choose another"},
	} {
		a := ts.sendForm("/reset-password", "token", token, "password", wrong.password, "again", wrong.again)
		requirePage(t, a, 422, wrong.text, `value="`+token+`"`, `role="alert"`)
	}
	reset := func() answer {
		return ts.sendForm("/reset-password", "token", token, "password", "another battery staple", "again", "another battery staple")
	}
	requirePage(t, reset(), 200, "Your password is set")
	requirePage(t, reset(), 422, "does not work any more")
	requirePage(t, ts.sendForm("/reset-password", "password", "another battery staple", "again", "another battery staple"), 422, "does not work any more")
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"another battery staple"}`)
}

func TestAccountPages_RefuseWhatIsNoForm(t *testing.T) {
	ts := newTestServer(t)
	for _, path := range []string{"/verify-email", "/reset-password"} {
		require.Equal(t, 415, ts.send("POST", path, "", `{"token":"x"}`).StatusCode)
		require.Equal(t, 400, ts.send("POST", path, "", "token=%zz", "Content-Type: application/x-www-form-urlencoded").StatusCode)
		require.Equal(t, 413, ts.sendForm(path, "token", strings.Repeat("x", bodyMaxBytes)).StatusCode)
		require.Equal(t, 405, ts.send("PUT", path, "", "").StatusCode)
	}
	ts.fakes.fail(eventra.Unavailable("PostgreSQL", nil))
	a := ts.sendForm("/verify-email", "token", "x")
	requirePage(t, a, 503, "try again in a moment", "<button")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
}
