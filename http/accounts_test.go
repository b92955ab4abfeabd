package http

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

const registration = `{"email":" New@Example.com ","password":"correct horse","name":"New"}`

func TestAccounts_RegisterLoginRefreshLogout(t *testing.T) {
	ts := newTestServer(t)
	registered, _ := ts.ok(201, "POST", "/api/v1/auth/register", "", registration)
	user := registered["user"].(map[string]any)
	require.Equal(t, "new@example.com", user["email"])
	require.Equal(t, "USER", user["role"])
	require.Equal(t, "Bearer", registered["tokenType"])
	require.EqualValues(t, 900, registered["expiresIn"])
	ts.problem(ts.send("POST", "/api/v1/auth/register", "", registration), 409, eventra.CodeEmailTaken)

	in, _ := ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"NEW@example.com","password":"correct horse"}`)
	access := in["accessToken"].(string)
	me, _ := ts.ok(200, "GET", "/api/v1/auth/me", access, "")
	require.Equal(t, user, me)

	refresh := `{"refreshToken":"` + in["refreshToken"].(string) + `"}`
	next, _ := ts.ok(200, "POST", "/api/v1/auth/refresh", "", refresh)
	ts.problem(ts.send("POST", "/api/v1/auth/refresh", "", refresh), 401, eventra.CodeInvalidRefreshToken)

	refresh = `{"refreshToken":"` + next["refreshToken"].(string) + `"}`
	ts.ok(204, "POST", "/api/v1/auth/logout", access, refresh)
	ts.problem(ts.send("GET", "/api/v1/auth/me", access, ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("GET", "/api/v1/events", access, ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("POST", "/api/v1/auth/refresh", "", refresh), 401, eventra.CodeInvalidRefreshToken)
}

func TestSessions_RefreshKeepsTheRole(t *testing.T) {
	ts := newTestServer(t)
	in, _ := ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"admin@example.com","password":"correct horse"}`)
	next, _ := ts.ok(200, "POST", "/api/v1/auth/refresh", "", `{"refreshToken":"`+in["refreshToken"].(string)+`"}`)
	ts.ok(201, "POST", "/api/v1/events", next["accessToken"].(string), validEvent)
}

func TestLogin_FailuresLookAlike(t *testing.T) {
	ts := newTestServer(t)
	wrong := ts.problem(ts.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"wrong horse"}`), 401, eventra.CodeInvalidCredentials)
	for _, body := range []string{
		`{"email":"nobody@example.com","password":"wrong horse"}`,
		`{"email":"no address","password":"x"}`,
		`{"email":"` + strings.Repeat("x", 300) + `@example.com","password":"x"}`,
		`{"email":"user@example.com","password":"correct horse` + strings.Repeat("x", 100) + `"}`,
	} {
		other := ts.problem(ts.send("POST", "/api/v1/auth/login", "", body), 401, eventra.CodeInvalidCredentials)
		require.Equal(t, wrong.Detail, other.Detail)
	}
}

// bcrypt reads only 72 bytes, but a password that begins with the right ones is wrong.
func TestLogin_ComparesTheWholePassword(t *testing.T) {
	ts := newTestServer(t)
	password := strings.Repeat("pq", eventra.PasswordMaxBytes/2)
	ts.ok(201, "POST", "/api/v1/auth/register", "", `{"email":"long@example.com","password":"`+password+`","name":"L"}`)
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"long@example.com","password":"`+password+`"}`)
	a := ts.send("POST", "/api/v1/auth/login", "", `{"email":"long@example.com","password":"`+password+`x"}`)
	ts.problem(a, 401, eventra.CodeInvalidCredentials)
}

func TestLogin_RefusesRepeatedFailures(t *testing.T) {
	for name, email := range map[string]string{"known": "user@example.com", "unknown": "nobody@example.com"} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, func(c *Config) { c.LoginFailuresPerAccount = RateLimit{3, time.Hour} })
			body := `{"email":"` + email + `","password":"wrong horse"}`
			for range 3 {
				ts.problem(ts.send("POST", "/api/v1/auth/login", "", body), 401, eventra.CodeInvalidCredentials)
			}
			ts.problem(ts.send("POST", "/api/v1/auth/login", "", body), 429, eventra.CodeRateLimited)
			right := strings.Replace(body, "wrong", "correct", 1)
			ts.problem(ts.send("POST", "/api/v1/auth/login", "", right), 429, eventra.CodeRateLimited)
			ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"other@example.com","password":"correct horse"}`)
		})
	}
}

func TestLogin_LimitsABurstOfGuesses(t *testing.T) {
	ts := newTestServer(t, func(c *Config) {
		c.LoginFailuresPerAddress = RateLimit{5, time.Hour}
		c.PasswordSlots, c.PasswordQueue = 1, 100
	})
	statuses := make([]int, 50)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			statuses[i] = ts.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"guess"}`).StatusCode
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	require.Equal(t, map[int]int{401: 5, 429: 45}, count)
}

// blocking is a context that reports when a caller begins to wait for its end.
type blocking struct {
	context.Context
	begun chan struct{}
}

func (b blocking) Done() <-chan struct{} {
	close(b.begun)
	return b.Context.Done()
}

func TestLogin_RefusesTooManyAtOnce(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.PasswordSlots, c.PasswordQueue = 1, 1 })
	busy, free := make(chan struct{}), make(chan struct{})
	var held, queued sync.WaitGroup
	held.Go(func() {
		_ = ts.server.passwords.Run(t.Context(), auth.ToLogIn, "a", func() error { close(busy); <-free; return nil })
	})
	<-busy
	waits := blocking{t.Context(), make(chan struct{})}
	queued.Go(func() {
		assert.NoError(t, ts.server.passwords.Run(waits, auth.ToLogIn, "127.0.0.1", func() error { return nil }))
	})
	<-waits.begun
	ts.problem(ts.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`), 503, eventra.CodeOverloaded)
	close(free)
	held.Wait()
	queued.Wait()
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`)
}

func TestLog_HasNoSecrets(t *testing.T) {
	ts := newTestServer(t)
	in, _ := ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`)
	ts.ok(200, "GET", "/api/v1/auth/me", in["accessToken"].(string), "")
	for _, secret := range []string{"correct horse", in["accessToken"].(string), in["refreshToken"].(string), "user@example.com"} {
		require.NotContains(t, ts.logged(), secret)
	}
	require.Contains(t, ts.logged(), ts.user.ID.String())
}

// loginFrom tries a password from a network address that a proxy vouches for.
func (ts *testServer) loginFrom(address, email, password string) answer {
	return ts.send("POST", "/api/v1/auth/login", "", `{"email":"`+email+`","password":"`+password+`"}`, "X-Forwarded-For: "+address)
}

func TestLogin_StrangersDoNotLockTheOwnerOut(t *testing.T) {
	const email, right, wrong = "user@example.com", "correct horse", "wrong horse"
	ts := newTestServer(t, func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.LoginFailuresPerAccount, c.LoginFailuresPerAddress = RateLimit{3, time.Hour}, RateLimit{20, time.Hour}
	})
	require.Equal(t, 200, ts.loginFrom("203.0.113.1", email, right).StatusCode)
	stranger := func(i int) string { return "198.51.100." + strconv.Itoa(i) }
	for i := range 20 { // each as often as it may
		for range 4 {
			ts.loginFrom(stranger(i), email, wrong)
		}
		require.Equal(t, 429, ts.loginFrom(stranger(i), email, right).StatusCode, "guessing gains nothing")
	}
	require.Equal(t, 200, ts.loginFrom("203.0.113.1", email, right).StatusCode, "where the owner was before")
	require.Equal(t, 200, ts.loginFrom("203.0.113.2", email, right).StatusCode, "where the owner has never been")

	require.Equal(t, 401, ts.loginFrom("198.51.100.99", email, wrong).StatusCode)
	require.Equal(t, 429, ts.loginFrom("198.51.100.99", email, right).StatusCode, "a new address has one guess while many guess")
	require.Equal(t, 401, ts.loginFrom("203.0.113.1", email, wrong).StatusCode)
	require.Equal(t, 200, ts.loginFrom("203.0.113.1", email, right).StatusCode, "a known one has as many as ever")

	for i := range 30 { // one address, many accounts
		ts.loginFrom("203.0.113.1", "nobody"+strconv.Itoa(i)+"@example.com", wrong)
	}
	require.Equal(t, 429, ts.loginFrom("203.0.113.1", "other@example.com", right).StatusCode)
	require.Equal(t, 200, ts.loginFrom("203.0.113.1", email, right).StatusCode, "the owner behind the same address")
}

func TestRegister_TakesComposedAndDecomposedLettersForOne(t *testing.T) {
	ts := newTestServer(t)
	ts.ok(201, "POST", "/api/v1/auth/register", "", `{"email":"jose\u0301@example.com","password":"cafe\u0301 cre\u0300me","name":"José"}`)
	again := ts.send("POST", "/api/v1/auth/register", "", `{"email":"jos\u00e9@example.com","password":"correct horse","name":"José"}`)
	ts.problem(again, 409, eventra.CodeEmailTaken)
	for _, password := range []string{"cafe\u0301 cre\u0300me", "caf\u00e9 cr\u00e8me", "caf\u00e9\u00a0cr\u00e8me"} {
		ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"JOS\u00c9@example.com","password":"`+password+`"}`)
	}
	ts.ok(201, "POST", "/api/v1/auth/register", "", `{"email":"ada@b\u00fccher.example","password":"correct horse","name":"Ada"}`)
	ts.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"ada@XN--bcher-kva.example","password":"correct horse"}`)
	wrong := ts.send("POST", "/api/v1/auth/login", "", `{"email":"jos\u00e9@example.com","password":"cafe creme"}`)
	ts.problem(wrong, 401, eventra.CodeInvalidCredentials)
}

func TestLogin_AFloodKeepsNobodyElseOut(t *testing.T) {
	ts := newTestServer(t, func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.PasswordSlots, c.PasswordCost = 1, 5
	})
	var refused atomic.Int32
	stop := make(chan struct{})
	var flood sync.WaitGroup
	for i := range 90 {
		flood.Go(func() {
			for j := 0; ; j++ { // each time from another address of one network
				select {
				case <-stop:
					return
				default:
				}
				if ts.loginFrom(fmt.Sprintf("2001:db8:0:%x::%x", i, j+1), fmt.Sprintf("f%d@example.com", i), "wrong horse").StatusCode == 401 {
					refused.Add(1)
				}
			}
		})
	}
	defer flood.Wait()
	defer close(stop)
	require.Eventually(t, func() bool { return refused.Load() > 90 }, 30*time.Second, 10*time.Millisecond)
	for i := range 20 {
		require.Equal(t, 200, ts.loginFrom("203.0.113."+strconv.Itoa(i), "user@example.com", testPassword).StatusCode)
	}
}

// Guesses at the current password are limited like guesses at sign-in.
func TestPassword_GuessesAreLimited(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.LoginFailuresPerAccount = RateLimit{3, time.Hour} })
	change := func(current string) answer {
		return ts.send("POST", "/api/v1/auth/password", ts.userToken, `{"current":"`+current+`","password":"new battery staple"}`)
	}
	for range 3 {
		require.Equal(t, "current", ts.problem(change("a wrong guess"), 422, eventra.CodeValidationFailed).Errors[0].Field)
	}
	ts.problem(change("a wrong guess"), 429, eventra.CodeRateLimited)
	ts.problem(change(testPassword), 429, eventra.CodeRateLimited)
}
