package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// signIn registers somebody new and returns all of the answer.
func (p *program) signIn() (in *answer, email string) {
	p.t.Helper()
	email = uuid.NewString() + "@example.org"
	return p.must(201, "POST", "/auth/register", "", object{"email": email, "password": "correct horse", "name": "Somebody"}), email
}

// another starts one more instance on the same stores.
func (p *program) another() *program {
	p.t.Helper()
	cfg := *p.cfg
	return startWith(p.t, &cfg)
}

func (p *program) stores() *app.Stores {
	p.t.Helper()
	stores, err := app.OpenStores(p.t.Context(), p.cfg, testLogger(p.t))
	require.NoError(p.t, err)
	p.t.Cleanup(func() { require.NoError(p.t, stores.Close()) })
	return stores
}

func (p *program) exec(sql string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.cfg.PostgresURL)
	require.NoError(p.t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql, args...)
	require.NoError(p.t, err)
}

// requireDenied waits until an instance refuses a token.
func (p *program) requireDenied(token string) {
	p.t.Helper()
	eventually(p.t, 5*time.Second, "the token to be denied", func() bool { return p.call("GET", "/bookings", token, nil).status == 401 })
	p.must(401, "GET", "/auth/me", token, nil)
}

// A stranger may have registered the address that is made an administrator later.
func TestAdmin_IsNotMadeOfAStranger(t *testing.T) {
	t.Parallel()
	p := start(t)
	mallory, email := p.signIn()
	stores := p.stores()
	admin := app.Admin{Email: strings.ToUpper(email), Name: "Boss", Password: "a password of the boss"}
	_, err := stores.PutAdmin(t.Context(), admin, bcrypt.MinCost)
	require.ErrorIs(t, err, app.ErrNotAdmin)
	p.cfg.AdminEmail, p.cfg.AdminPassword = email, admin.Password
	require.NoError(t, stores.EnsureAdmin(t.Context(), p.cfg, testLogger(t)), "a stranger must not stop an instance")
	p.must(200, "GET", "/auth/me", mallory.text("accessToken"), nil)
	require.Equal(t, "USER", claim(t, p.login(email, "correct horse"), "role"))

	admin.Promote = true
	change, err := stores.PutAdmin(t.Context(), admin, bcrypt.MinCost)
	require.NoError(t, err)
	require.Equal(t, app.AdminPromoted, change)
	p.requireDenied(mallory.text("accessToken"))
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": mallory.text("refreshToken")})
	p.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	token := p.login(email, admin.Password)
	require.Equal(t, "ADMIN", claim(t, token, "role"))

	change, err = stores.PutAdmin(t.Context(), admin, bcrypt.MinCost)
	require.NoError(t, err)
	require.Equal(t, app.AdminKept, change)
	p.must(201, "POST", "/events", token, eventBody())
	require.Equal(t, 1, p.count("SELECT token_version FROM users WHERE email = $1", email), "nothing changed, so nothing ended")
}

// What changes a user, by whatever program, ends what was granted before, on every instance.
func TestUser_ChangesEndAllSessions(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.another()
	event := p.event(1, 10, nil)
	for name, change := range map[string]string{
		"a new password": `UPDATE users SET password_hash = '' WHERE email = $1`,
		"another role":   `UPDATE users SET role = 'ADMIN' WHERE email = $1`,
		"disabled":       `UPDATE users SET disabled_at = now() WHERE email = $1`,
		"deleted":        `DELETE FROM users WHERE email = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			in, email := p.signIn()
			second := other.must(200, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
			p.must(200, "GET", "/auth/me", second.text("accessToken"), nil)
			p.exec(change, email)
			for _, at := range []*program{p, other} {
				for _, session := range []*answer{in, second} {
					at.requireDenied(session.text("accessToken"))
					require.Equal(t, 401, at.hold(session.text("accessToken"), event, "A-1-1").status)
					at.must(401, "POST", "/auth/refresh", "", object{"refreshToken": session.text("refreshToken")})
				}
			}
			if name == "disabled" || name == "deleted" {
				p.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
			}
		})
	}
	p.exec(`UPDATE users SET name = 'Renamed'`)
	p.must(200, "GET", "/auth/me", p.admin, nil)
}

// A token is good by its signature alone, but nothing is written for nobody.
func TestUser_WhoDoesNotExistWritesNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	sign := func(role string) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": uuid.NewString(), "role": role, "jti": uuid.NewString(),
			"sid": uuid.NewString(), "iss": "eventra", "aud": "eventra", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}).
			SignedString([]byte(p.cfg.JWTSecret))
		require.NoError(t, err)
		return token
	}
	require.Equal(t, "unauthenticated", p.hold(sign("USER"), event, "A-1-1").text("code"))
	p.must(401, "POST", "/events", sign("ADMIN"), eventBody())
	p.must(401, "DELETE", "/events/"+event, sign("ADMIN"), nil)
	require.Zero(t, p.count("SELECT count(*) FROM bookings"))
}

// All access tokens of a session end with it.
func TestSession_EndsAsAWhole(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.another()
	rotate := func(in *answer) *answer {
		return p.must(200, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	}
	t.Run("by a logout", func(t *testing.T) {
		first, email := p.signIn()
		second := rotate(first)
		elsewhere := p.login(email, "correct horse")
		p.must(204, "POST", "/auth/logout", second.text("accessToken"), object{"refreshToken": second.text("refreshToken")})
		for _, in := range []*answer{first, second} {
			p.must(401, "GET", "/auth/me", in.text("accessToken"), nil)
			other.requireDenied(in.text("accessToken"))
		}
		p.must(200, "GET", "/auth/me", elsewhere, nil)
	})
	t.Run("by the reuse of a refresh token", func(t *testing.T) {
		first, _ := p.signIn()
		second := rotate(first)
		third := rotate(second)
		p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": first.text("refreshToken")})
		for _, in := range []*answer{first, second, third} {
			p.must(401, "GET", "/auth/me", in.text("accessToken"), nil)
			other.requireDenied(in.text("accessToken"))
		}
	})
	t.Run("also if the refresh token is another's or none", func(t *testing.T) {
		victim, _ := p.signIn()
		for _, refresh := range []string{victim.text("refreshToken"), "nonsense"} {
			in, _ := p.signIn()
			a := p.must(401, "POST", "/auth/logout", in.text("accessToken"), object{"refreshToken": refresh})
			require.Equal(t, "invalid_refresh_token", a.text("code"))
			p.must(401, "GET", "/auth/me", in.text("accessToken"), nil)
		}
		p.must(200, "GET", "/auth/me", victim.text("accessToken"), nil)
		rotate(victim)
	})
}

// Clients refresh several times at once, or again when the answer is lost.
func TestRefresh_RepeatedGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	p := start(t)
	in, _ := p.signIn()
	refresh := func(token string) *answer {
		return p.call("POST", "/auth/refresh", "", object{"refreshToken": token})
	}
	answers := make([]*answer, 8)
	parallel(len(answers), len(answers), func(i int) { answers[i] = refresh(in.text("refreshToken")) })
	next := answers[0].text("refreshToken")
	for _, a := range answers {
		require.Equal(t, 200, a.status, a)
		require.Equal(t, next, a.text("refreshToken"))
		p.must(200, "GET", "/auth/me", a.text("accessToken"), nil)
	}
	require.NotEqual(t, in.text("refreshToken"), next)
	require.Zero(t, p.count("SELECT count(*) FROM refresh_tokens WHERE position($1::bytea in successor) > 0", []byte(next)))

	p.exec(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'`)
	require.Equal(t, 401, refresh(in.text("refreshToken")).status, "too late for a repetition")
	require.Equal(t, 401, refresh(next).status, "so the session has ended")
	p.must(401, "GET", "/auth/me", answers[0].text("accessToken"), nil)
}

func TestSession_HasAnAbsoluteLife(t *testing.T) {
	t.Parallel()
	p := start(t)
	in, _ := p.signIn()
	p.exec(`UPDATE sessions SET created_at = created_at - interval '89 days 23 hours'`)
	next := p.must(200, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	require.Equal(t, 1, p.count(`SELECT count(*) FROM sessions WHERE expires_at BETWEEN now() + interval '59 minutes' AND now() + interval '61 minutes'`))
	p.exec(`UPDATE sessions SET created_at = created_at - interval '1 hour'`)
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": next.text("refreshToken")})
}
