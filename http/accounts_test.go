package http

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

const registration = `{"email":" New@Example.com ","password":"correct horse","name":"New"}`

func TestRegisterLoginRefreshLogout(t *testing.T) {
	w := newWorld(t)
	registered, _ := w.ok(201, "POST", "/api/v1/auth/register", "", registration)
	user := registered["user"].(map[string]any)
	require.Equal(t, "new@example.com", user["email"])
	require.Equal(t, "USER", user["role"])
	require.Equal(t, "Bearer", registered["tokenType"])
	require.EqualValues(t, 900, registered["expiresIn"])
	w.problem(w.send("POST", "/api/v1/auth/register", "", registration), 409, eventra.CodeEmailTaken)

	in, _ := w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"NEW@example.com","password":"correct horse"}`)
	access := in["accessToken"].(string)
	me, _ := w.ok(200, "GET", "/api/v1/auth/me", access, "")
	require.Equal(t, user, me)

	refresh := `{"refreshToken":"` + in["refreshToken"].(string) + `"}`
	next, _ := w.ok(200, "POST", "/api/v1/auth/refresh", "", refresh)
	w.problem(w.send("POST", "/api/v1/auth/refresh", "", refresh), 401, eventra.CodeInvalidRefreshToken)

	refresh = `{"refreshToken":"` + next["refreshToken"].(string) + `"}`
	w.ok(204, "POST", "/api/v1/auth/logout", access, refresh)
	w.problem(w.send("GET", "/api/v1/auth/me", access, ""), 401, eventra.CodeUnauthenticated)
	w.problem(w.send("GET", "/api/v1/events", access, ""), 401, eventra.CodeUnauthenticated)
	w.problem(w.send("POST", "/api/v1/auth/refresh", "", refresh), 401, eventra.CodeInvalidRefreshToken)
}

func TestRefreshKeepsTheRole(t *testing.T) {
	w := newWorld(t)
	in, _ := w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"admin@example.com","password":"correct horse"}`)
	next, _ := w.ok(200, "POST", "/api/v1/auth/refresh", "", `{"refreshToken":"`+in["refreshToken"].(string)+`"}`)
	w.ok(201, "POST", "/api/v1/events", next["accessToken"].(string), validEvent)
}

func TestLoginFailuresLookAlike(t *testing.T) {
	w := newWorld(t)
	wrong := w.problem(w.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"wrong horse"}`), 401, eventra.CodeInvalidCredentials)
	for _, body := range []string{
		`{"email":"nobody@example.com","password":"wrong horse"}`,
		`{"email":"no address","password":"x"}`,
		`{"email":"` + strings.Repeat("x", 300) + `@example.com","password":"x"}`,
		`{"email":"user@example.com","password":"correct horse` + strings.Repeat("x", 100) + `"}`,
	} {
		other := w.problem(w.send("POST", "/api/v1/auth/login", "", body), 401, eventra.CodeInvalidCredentials)
		require.Equal(t, wrong.Detail, other.Detail)
	}
}

// bcrypt reads 72 bytes: a longer password must not pass for what it begins with.
func TestPasswordIsNeverCut(t *testing.T) {
	w := newWorld(t)
	password := strings.Repeat("p", eventra.PasswordMaxBytes)
	w.ok(201, "POST", "/api/v1/auth/register", "", `{"email":"long@example.com","password":"`+password+`","name":"L"}`)
	w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"long@example.com","password":"`+password+`"}`)
	a := w.send("POST", "/api/v1/auth/login", "", `{"email":"long@example.com","password":"`+password+`x"}`)
	w.problem(a, 401, eventra.CodeInvalidCredentials)
}

func TestRepeatedFailuresAreRefused(t *testing.T) {
	for name, email := range map[string]string{"known": "user@example.com", "unknown": "nobody@example.com"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.LoginFailuresPerAccount = RateLimit{3, time.Hour} })
			body := `{"email":"` + email + `","password":"wrong horse"}`
			for range 3 {
				w.problem(w.send("POST", "/api/v1/auth/login", "", body), 401, eventra.CodeInvalidCredentials)
			}
			w.problem(w.send("POST", "/api/v1/auth/login", "", body), 429, eventra.CodeRateLimited)
			right := strings.Replace(body, "wrong", "correct", 1)
			w.problem(w.send("POST", "/api/v1/auth/login", "", right), 429, eventra.CodeRateLimited)
			w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"other@example.com","password":"correct horse"}`)
		})
	}
}

func TestABurstOfGuessesGainsNothing(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.LoginFailuresPerAddress = RateLimit{5, time.Hour}
		c.PasswordSlots, c.PasswordQueue = 1, 100
	})
	statuses := make([]int, 50)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			statuses[i] = w.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"guess"}`).StatusCode
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	require.Equal(t, map[int]int{401: 5, 429: 45}, count)
}

// blocking is a context that tells when a caller begins to wait for it.
type blocking struct {
	context.Context
	begun chan struct{}
}

func (b blocking) Done() <-chan struct{} {
	close(b.begun)
	return b.Context.Done()
}

func TestTooManyHashesAreRefused(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.PasswordSlots, c.PasswordQueue = 1, 1 })
	busy, free := make(chan struct{}), make(chan struct{})
	var held, queued sync.WaitGroup
	held.Go(func() {
		_ = w.server.passwords.Run(t.Context(), func() error { close(busy); <-free; return nil })
	})
	<-busy
	waits := blocking{t.Context(), make(chan struct{})}
	queued.Go(func() {
		require.NoError(t, w.server.passwords.Run(waits, func() error { return nil }))
	})
	<-waits.begun
	w.problem(w.send("POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`), 503, eventra.CodeOverloaded)
	close(free)
	held.Wait()
	queued.Wait()
	w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`)
}

func TestSecretsAreNotLogged(t *testing.T) {
	w := newWorld(t)
	in, _ := w.ok(200, "POST", "/api/v1/auth/login", "", `{"email":"user@example.com","password":"correct horse"}`)
	w.ok(200, "GET", "/api/v1/auth/me", in["accessToken"].(string), "")
	for _, secret := range []string{"correct horse", in["accessToken"].(string), in["refreshToken"].(string), "user@example.com"} {
		require.NotContains(t, w.logged(), secret)
	}
	require.Contains(t, w.logged(), w.user.ID.String())
}
