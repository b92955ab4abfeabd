package http

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// apiKey stores a key and returns its id and its text.
func (ts *testServer) apiKey(k eventra.APIKey) (id, text string) {
	ts.t.Helper()
	k.ID = newID()
	text, hash := auth.NewAPIKey(k.ID)
	_, err := ts.fakes.PutAPIKey(ts.t.Context(), &k, hash)
	require.NoError(ts.t, err)
	return k.ID.String(), text
}

func TestAPIKeys_AreMadeListedAndRevoked(t *testing.T) {
	ts := newTestServer(t)
	expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	made, a := ts.ok(201, "POST", "/api/v1/admin/api-keys", ts.adminToken,
		`{"name":"Shop","scopes":["events:write"],"eventIds":["`+ts.published+`"],"expiresAt":"`+expires+`"}`)
	require.Equal(t, "private, no-store", a.Header.Get("Cache-Control"))
	key, id := made["key"].(string), made["id"].(string)
	require.True(t, strings.HasPrefix(key, made["prefix"].(string)+"_"))
	require.Equal(t, []any{"events:write"}, made["scopes"])
	require.Equal(t, []any{ts.published}, made["eventIds"])

	list, a := ts.ok(200, "GET", "/api/v1/admin/api-keys", ts.adminToken, "")
	require.Len(t, list["items"], 2)
	require.NotContains(t, a.body, strings.TrimPrefix(key, made["prefix"].(string)))

	path := "/api/v1/events/" + ts.published
	ts.ok(200, "PATCH", path, key, `{"title":"By a key"}`)
	for range 2 {
		ts.ok(204, "DELETE", "/api/v1/admin/api-keys/"+id, ts.adminToken, "")
	}
	ts.problem(ts.send("PATCH", path, key, `{"title":"Once more"}`), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("GET", path, key, ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("DELETE", "/api/v1/admin/api-keys/"+newID().String(), ts.adminToken, ""), 404, eventra.CodeNotFound)
	require.NotContains(t, ts.log.String(), key[len(key)-20:])
}

func TestAPIKeys_HaveNoScopeThatWasNotNamed(t *testing.T) {
	ts := newTestServer(t)
	made, _ := ts.ok(201, "POST", "/api/v1/admin/api-keys", ts.adminToken, `{"name":"Shop"}`)
	require.Equal(t, []any{}, made["scopes"])
	key := made["key"].(string)
	p := ts.problem(ts.send("PATCH", "/api/v1/events/"+ts.published, key, `{"title":"New"}`), 403, eventra.CodeScopeMissing)
	require.Equal(t, "events:write", p.Scope)
	ts.ok(200, "GET", "/api/v1/events/"+ts.published, key, "")
	for _, path := range []string{"/api/v1/admin/api-keys", "/api/v1/admin/cluster", "/api/v1/auth/me", "/api/v1/bookings"} {
		ts.problem(ts.send("GET", path, key, ""), 403, eventra.CodeForbidden)
	}
}

func TestAPIKeys_AreForTheirEventsAlone(t *testing.T) {
	ts := newTestServer(t)
	event, err := eventra.ParseID(ts.draft)
	require.NoError(t, err)
	_, key := ts.apiKey(eventra.APIKey{Name: "Shop", Scopes: eventra.Scopes, EventIDs: []eventra.ID{event}})
	_, all := ts.apiKey(eventra.APIKey{Name: "Shop", Scopes: eventra.Scopes})
	ts.ok(200, "GET", "/api/v1/events/"+ts.draft, key, "")
	ts.ok(200, "PATCH", "/api/v1/events/"+ts.draft, key, `{"title":"New"}`)
	other := ts.event(eventra.EventDraft)
	for _, id := range []string{other, newID().String(), ts.published} {
		ts.problem(ts.send("PATCH", "/api/v1/events/"+id, key, `{"title":"New"}`), 403, eventra.CodeForbidden)
	}
	ts.problem(ts.send("GET", "/api/v1/events/"+other, key, ""), 404, eventra.CodeEventNotFound)
	ts.ok(200, "GET", "/api/v1/events/"+other, all, "")
	ts.problem(ts.send("POST", "/api/v1/events", key, validEvent), 403, eventra.CodeForbidden)
	ts.problem(ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/refund", key, ""), 404, eventra.CodeNotFound)
	ts.ok(200, "POST", "/api/v1/bookings/"+ts.bookingID+"/refund", all, "")
}

func TestAPIKeys_OfARepeatedRequestAreOne(t *testing.T) {
	ts := newTestServer(t)
	make := func() (id, key string) {
		made, _ := ts.ok(201, "POST", "/api/v1/admin/api-keys", ts.adminToken, `{"name":"Shop","scopes":["events:write"]}`, "Idempotency-Key: one")
		return made["id"].(string), made["key"].(string)
	}
	first, lost := make()
	second, key := make()
	require.Equal(t, first, second)
	require.NotEqual(t, lost, key)
	ts.ok(200, "GET", "/api/v1/events", key, "")
	ts.problem(ts.send("GET", "/api/v1/events", lost, ""), 401, eventra.CodeUnauthenticated)
	for id, stored := range ts.fakes.keys {
		if stored.stored != nil {
			require.NotContains(t, string(stored.stored.Body), "evk_", id)
		}
	}
}

func TestAPIKeys_Input(t *testing.T) {
	ts := newTestServer(t)
	for body, fields := range map[string]string{
		`{}`:                          "name",
		`{"name":" "}`:                "name",
		`{"name":"S","scopes":["x"]}`: "scopes[0]",
		`{"name":"S","scopes":["events:write","events:write"]}`:            "scopes[1]",
		`{"name":"S","eventIds":[]}`:                                       "eventIds",
		`{"name":"S","eventIds":["x"]}`:                                    "eventIds[0]",
		`{"name":"S","eventIds":["00000000-0000-0000-0000-000000000000"]}`: "eventIds[0]",
		`{"name":"S","expiresAt":"2020-01-01T00:00:00Z"}`:                  "expiresAt",
		`{"name":"S","expiresAt":"soon"}`:                                  "expiresAt",
		`{"name":"S","eventIds":[` + strings.Repeat(`"`+newID().String()+`",`, 100) + `"` + newID().String() + `"]}`: "eventIds",
	} {
		p := ts.problem(ts.send("POST", "/api/v1/admin/api-keys", ts.adminToken, body), 422, eventra.CodeValidationFailed)
		require.Equal(t, fields, p.Errors[0].Field, body)
	}
}

// Anybody can make up keys. They fill no memory, and the store is asked for few of them.
func TestAPIKeys_ThatAreMadeUp(t *testing.T) {
	ts := newTestServer(t)
	_, good := ts.apiKey(eventra.APIKey{Name: "Shop"})
	ts.ok(200, "GET", "/api/v1/events", good, "")
	for _, bad := range []string{"evk_", good[:len(good)-1], good + "a", strings.ToUpper(good), good[:40] + "\x00" + good[41:],
		strings.Replace(good, "evk_", "evk-", 1), good[:36] + "-" + good[37:], "evk_" + strings.Repeat("z", 32) + good[36:]} {
		if strings.ContainsRune(bad, 0) {
			continue // no header may have it
		}
		ts.problem(ts.send("GET", "/api/v1/events", bad, ""), 401, eventra.CodeUnauthenticated)
	}
	before, limited := ts.fakes.keyLookUps, 0
	for range 500 {
		text, _ := auth.NewAPIKey(newID())
		switch a := ts.send("GET", "/api/v1/events", text, ""); a.StatusCode {
		case 401:
		case 429:
			limited++
		default:
			t.Fatal(a.body)
		}
	}
	require.Less(t, ts.fakes.keyLookUps-before, 500)
	require.Positive(t, limited)
	ts.ok(200, "GET", "/api/v1/events", good, "")
}

// A key that is known goes on while the store is away; one that is not is no worse than unknown.
func TestAPIKeys_WhileTheStoreIsAway(t *testing.T) {
	ts := newTestServer(t)
	_, known := ts.apiKey(eventra.APIKey{Name: "Shop"})
	_, other := ts.apiKey(eventra.APIKey{Name: "Shop"})
	ts.ok(200, "GET", "/openapi.json", known, "")
	ts.ok(200, "GET", "/api/v1/events", known, "")
	ts.fakes.fail(eventra.Unavailable("the store", nil))
	_, err := ts.server.apiKeys.LookUp(t.Context(), other, nil, allowed)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	ts.problem(ts.send("GET", "/api/v1/events", other, ""), 503, eventra.CodeUnavailable)
	caller, fresh := ts.server.apiKeys.Known(known, time.Now().Add(2*time.Minute))
	require.False(t, fresh)
	again, err := ts.server.apiKeys.LookUp(t.Context(), known, caller, allowed)
	require.NoError(t, err)
	require.Same(t, caller, again)
}

func TestAPIKeys_Expire(t *testing.T) {
	ts := newTestServer(t)
	_, key := ts.apiKey(eventra.APIKey{Name: "Shop", ExpiresAt: time.Now().Add(-time.Second)})
	ts.problem(ts.send("GET", "/api/v1/events", key, ""), 401, eventra.CodeUnauthenticated)
}

func TestAPIKeys_NameTheirCustomer(t *testing.T) {
	ts := newTestServer(t)
	_, key := ts.apiKey(eventra.APIKey{Name: "Shop", Scopes: eventra.Scopes})
	hold := func(token, customer string) answer {
		return ts.send("POST", "/api/v1/bookings", token, `{"eventId":"`+ts.published+`","seats":["A-1-1"]`+customer+`}`)
	}
	for customer, field := range map[string]string{
		``:                                  "customer",
		`,"customer":{}`:                    "customer.externalId",
		`,"customer":{"externalId":" "}`:    "customer.externalId",
		`,"customer":{"externalId":"a\nb"}`: "customer.externalId",
		`,"customer":{"externalId":"` + strings.Repeat("a", 201) + `"}`: "customer.externalId",
		`,"customer":{"externalId":"a","email":"nobody"}`:               "customer.email",
		`,"customer":{"externalId":"a","name":"\u0007"}`:                "customer.name",
	} {
		p := ts.problem(hold(key, customer), 422, eventra.CodeValidationFailed)
		require.Equal(t, field, p.Errors[0].Field, customer)
	}
	p := ts.problem(hold(ts.userToken, `,"customer":{"externalId":"a"}`), 422, eventra.CodeValidationFailed)
	require.Equal(t, "customer", p.Errors[0].Field)
	require.Zero(t, ts.fakes.customersPut)
	for range 3 {
		require.Equal(t, 201, hold(key, `,"customer":{"externalId":"a"}`).StatusCode)
	}
	require.Equal(t, 1, ts.fakes.customersPut, "a known customer costs nothing")
	require.Equal(t, 201, hold(key, `,"customer":{"externalId":"a","email":"a@example.com"}`).StatusCode)
	require.Equal(t, 2, ts.fakes.customersPut)
}

func allowed() error { return nil }
