package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// revocations are the ways to end what somebody calls with: each returns a token that is good, and ends it.
var revocations = map[string]func(p *program) (token string, end func()){
	"a revoked API key": func(p *program) (string, func()) {
		id, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
		return key, func() { p.must(204, "DELETE", "/admin/api-keys/"+id, p.admin, nil) }
	},
	"a disabled user": func(p *program) (string, func()) {
		in, _ := p.signIn()
		id := in.body["user"].(object)["id"].(string)
		return in.text("accessToken"), func() { p.must(200, "PATCH", "/admin/users/"+id, p.admin, object{"disabled": true}) }
	},
	"an ended session": func(p *program) (string, func()) {
		in, _ := p.signIn()
		token := in.text("accessToken")
		session := p.must(200, "GET", "/auth/sessions", token, nil).items()[0]["id"].(string)
		return token, func() { p.must(204, "DELETE", "/auth/sessions/"+session, token, nil) }
	},
}

// untilRefused asks an instance until it refuses a token, and returns the time since then.
func (p *program) untilRefused(token string, since time.Time) time.Duration {
	p.t.Helper()
	for time.Since(since) < 10*time.Second {
		if p.call("GET", "/events", token, nil).status == 401 {
			return time.Since(since)
		}
	}
	p.t.Fatal("the token is not refused")
	return 0
}

// TestRevocations_CountOnEveryInstance: who ended something is answered when this instance refuses it; the others follow by the
// news. With -v it says how fast: on a machine that is not busy within some milliseconds.
func TestRevocations_CountOnEveryInstance(t *testing.T) {
	t.Parallel()
	p := start(t)
	others := []*program{p.another(), p.another()}
	for name, begin := range revocations {
		var took []time.Duration
		for range 8 {
			token, end := begin(p)
			for _, at := range append(others, p) {
				at.must(200, "GET", "/events", token, nil)
			}
			end()
			answered := time.Now()
			p.must(401, "GET", "/events", token, nil)
			for _, at := range others {
				took = append(took, at.untilRefused(token, answered))
			}
		}
		slices.Sort(took)
		t.Logf("%s, %d times at the other instances: median %v, nine of ten %v, longest %v", name, len(took), took[len(took)/2], took[len(took)*9/10], took[len(took)-1])
	}
}

// TestRevocations_ReachAnInstanceThatLostAStore: without Redis it reads PostgreSQL; without PostgreSQL it hears of them through
// Redis. What was ended in between stays so when the store is back.
func TestRevocations_ReachAnInstanceThatLostAStore(t *testing.T) {
	t.Parallel()
	for _, away := range []string{"redis", "postgres"} {
		t.Run(away, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			cfg := *p.cfg
			proxy := through(t, map[string]*string{"redis": &cfg.RedisURL, "postgres": &cfg.PostgresURL}[away])
			elsewhere := startWith(t, &cfg)
			var tokens []string
			var ends []func()
			for _, begin := range revocations {
				token, end := begin(p)
				elsewhere.must(200, "GET", "/events", token, nil)
				tokens, ends = append(tokens, token), append(ends, end)
			}
			proxy.Cut()
			for i, end := range ends {
				end()
				elsewhere.untilRefused(tokens[i], time.Now())
			}
			proxy.Restore()
			eventually(t, 20*time.Second, "the store to be used again", func() bool {
				return elsewhere.call("GET", "/events", elsewhere.admin, nil).status == 200
			})
			token, end := revocations["a disabled user"](p)
			eventually(t, 20*time.Second, "the new user to be known", func() bool { return elsewhere.call("GET", "/events", token, nil).status == 200 })
			end()
			elsewhere.untilRefused(token, time.Now())
			for _, token := range tokens {
				require.Equal(t, 401, elsewhere.call("GET", "/events", token, nil).status)
			}
		})
	}
}
