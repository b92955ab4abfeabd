package main

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestAPIKeys_DoWhatTheirScopesName(t *testing.T) {
	t.Parallel()
	var log logged
	p := startLoggingTo(t, testConfig(t), slog.New(slog.NewJSONHandler(&log, nil)))
	id, key := p.apiKey(object{"name": "A shop", "scopes": []string{"events:write", "refunds:write"}})
	event := p.must(201, "POST", "/events", key, eventBody()).text("id")
	p.must(201, "POST", "/events/"+event+"/seats", key, seatsOf("A"))
	p.must(200, "GET", "/events/"+event, key, nil)
	p.must(200, "POST", "/events/"+event+"/publish", key, nil)
	token, _ := p.user()
	booking := p.hold(token, event, "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+booking+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	require.Equal(t, "REFUNDED", p.must(200, "POST", "/bookings/"+booking+"/refund", key, nil).text("status"))

	listed := p.must(200, "GET", "/admin/api-keys", p.admin, nil).items()[0]
	require.Equal(t, id, listed["id"])
	require.NotEmpty(t, listed["lastUsedAt"])
	require.NotContains(t, listed, "key")
	require.Equal(t, 1, p.count(`SELECT count(*) FROM api_keys WHERE secret_hash = sha256($1::bytea)`, []byte(key)))
	require.Contains(t, log.String(), `"byApiKey":"`+id)
	require.NotContains(t, log.String(), key[len(key)-40:])
	require.NotContains(t, string(p.must(200, "GET", "/metrics", "", nil).raw), key[:36])
}

// refused counts how long it takes until an instance refuses a key.
func (p *program) refused(key string) time.Duration {
	p.t.Helper()
	begun := time.Now()
	eventually(p.t, 10*time.Second, "the key to be refused", func() bool { return p.call("GET", "/events", key, nil).status == 401 })
	return time.Since(begun)
}

func TestAPIKeys_EndOnEveryInstance(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	id, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	for _, at := range []*program{p, elsewhere} {
		at.must(200, "GET", "/events", key, nil)
	}
	p.must(204, "DELETE", "/admin/api-keys/"+id, p.admin, nil)
	p.must(401, "GET", "/events", key, nil)
	require.Less(t, elsewhere.refused(key), time.Second) // 100 ms on a machine that is not busy
}

// An instance that missed the news asks PostgreSQL; one that is cut off from PostgreSQL hears of it through Redis.
func TestAPIKeys_EndWhileAStoreIsAway(t *testing.T) {
	t.Parallel()
	for _, away := range []string{"redis", "postgres"} {
		t.Run(away, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			cfg := *p.cfg
			address := map[string]*string{"redis": &cfg.RedisURL, "postgres": &cfg.PostgresURL}[away]
			proxy := through(t, address)
			elsewhere := startWith(t, &cfg)
			id, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
			elsewhere.must(200, "GET", "/events", key, nil)
			proxy.Cut()
			p.must(204, "DELETE", "/admin/api-keys/"+id, p.admin, nil)
			elsewhere.refused(key)
			proxy.Restore()
			eventually(t, 20*time.Second, "the store to be used again", func() bool {
				return elsewhere.call("GET", "/events", elsewhere.admin, nil).status == 200
			})
			elsewhere.must(401, "GET", "/events", key, nil)
		})
	}
}

// A program that deletes the row ends the key, too.
func TestAPIKeys_EndByAnyProgram(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, sql := range []string{`DELETE FROM api_keys WHERE id = $1`, `UPDATE api_keys SET revoked_at = now() WHERE id = $1`} {
		id, key := p.apiKey(object{"name": "A shop"})
		p.must(200, "GET", "/events", key, nil)
		p.exec(sql, id)
		p.refused(key)
	}
}

// A request that runs when its key is revoked has one outcome, and no later one passes.
func TestAPIKeys_RevokedWhileRequestsRun(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	id, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for {
				a := p.call("PATCH", "/events/"+event, key, object{"description": "Another"})
				if a.status == 401 {
					return
				}
				if a.status != 200 && a.status != 409 {
					t.Errorf("%v", a)
					return
				}
			}
		})
	}
	p.must(204, "DELETE", "/admin/api-keys/"+id, p.admin, nil)
	require.Equal(t, 401, p.call("GET", "/events", key, nil).status)
	running.Wait()
}

// Both answers to a repeated request name one key, and the last secret alone is good, everywhere.
func TestAPIKeys_ARepeatedRequestReplacesTheSecret(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	ask := func() *answer {
		return p.must(201, "POST", "/admin/api-keys", p.admin, object{"name": "A shop"}, "Idempotency-Key: one")
	}
	first := ask()
	elsewhere.must(200, "GET", "/events", first.text("key"), nil)
	second := ask()
	require.Equal(t, first.text("id"), second.text("id"))
	elsewhere.refused(first.text("key"))
	for _, at := range []*program{p, elsewhere} {
		at.must(200, "GET", "/events", second.text("key"), nil)
	}
	require.False(t, bytes.Contains(p.must(200, "GET", "/admin/api-keys", p.admin, nil).raw, []byte(second.text("key")[36:])))
}
