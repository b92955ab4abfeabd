package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What an administrator changes of an account counts on every instance, and is in the audit log.
func TestAdmin_ChangesAccountsOnEveryInstance(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	in, email := p.signIn()
	token, id := in.text("accessToken"), in.body["user"].(object)["id"].(string)
	found := p.must(200, "GET", "/admin/users?q="+email[:8], p.admin, nil).items()
	require.Len(t, found, 1)
	require.Equal(t, id, found[0]["id"])
	path := "/admin/users/" + id

	elsewhere.must(200, "GET", "/auth/me", token, nil)
	require.Equal(t, true, p.must(200, "PATCH", path, p.admin, object{"disabled": true}).body["disabled"])
	p.must(401, "GET", "/auth/me", token, nil)
	elsewhere.requireDenied(token)
	elsewhere.must(401, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	elsewhere.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})

	p.must(200, "PATCH", path, p.admin, object{"disabled": false, "role": "ADMIN"})
	promoted := elsewhere.login(email, "correct horse")
	elsewhere.must(200, "GET", "/admin/cluster", promoted, nil)
	elsewhere.must(200, "PATCH", path, promoted, object{"role": "USER"})
	elsewhere.must(401, "GET", "/admin/cluster", promoted, nil)
	p.requireDenied(promoted)
	root := p.must(200, "GET", "/auth/me", p.admin, nil).text("id")
	require.Equal(t, "last_admin", p.must(409, "PATCH", "/admin/users/"+root, p.admin, object{"role": "USER"}).text("code"))
	require.Equal(t, "last_admin", p.must(409, "PATCH", "/admin/users/"+root, p.admin, object{"disabled": true}).text("code"))

	entries := p.must(200, "GET", "/admin/audit?subject="+id, p.admin, nil).items()
	require.Len(t, entries, 3)
	require.Equal(t, object{"kind": "user", "id": id}, entries[0]["actor"], "demoted themselves")
	require.Equal(t, object{"kind": "user", "id": root}, entries[2]["actor"])
	require.Equal(t, object{"disabled": true}, entries[2]["after"])
	require.Equal(t, "127.0.0.1", entries[2]["address"])
}

// One entry for each action, by whichever instance carried it out; no secret is in any.
func TestAdmin_ActionsAreAudited(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 3, nil)
	p.must(200, "PATCH", "/events/"+event+"/seats", p.admin, object{"seats": []string{"A-1-1"}, "set": object{"status": "BLOCKED", "reason": "press"}},
		"X-Request-Id: block-1")
	_, secret := p.apiKey(object{"name": "A shop", "scopes": []string{"events:write"}})
	p.must(200, "PATCH", "/events/"+event, secret, object{"title": "Another"})
	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, object{"reason": "rain"})

	entries := p.must(200, "GET", "/admin/audit?subject="+event, p.admin, nil).items()
	var actions []any
	for _, e := range entries {
		actions = append(actions, e["action"])
	}
	require.Equal(t, []any{"event.cancel", "event.update", "seats.block", "event.publish", "seats.add", "event.create"}, actions)
	require.Equal(t, "key", entries[1]["actor"].(object)["kind"])
	require.Equal(t, "block-1", entries[2]["requestId"])
	require.Equal(t, object{"changed": 1., "reason": "press", "seats": []any{"A-1-1"}}, entries[2]["after"])

	all := string(p.must(200, "GET", "/admin/audit?limit=100", p.admin, nil).raw)
	for _, hidden := range []string{secret, secret[len("evk_")+33:], adminPassword, adminEmail, "$2a$"} {
		require.NotContains(t, all, hidden)
	}
}
