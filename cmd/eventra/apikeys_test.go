package main

import (
	"bytes"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
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
	require.Equal(t, 2, p.count(`SELECT count(*) FROM audit WHERE subject_id = $1 AND action IN ('api_key.create', 'api_key.revoke')`, id))
	require.Less(t, elsewhere.untilRefused(key, time.Now()), time.Second) // 100 ms on a machine that is not busy
}

// A program that deletes the row ends the key, too.
func TestAPIKeys_EndByAnyProgram(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, sql := range []string{`DELETE FROM api_keys WHERE id = $1`, `UPDATE api_keys SET revoked_at = now() WHERE id = $1`} {
		id, key := p.apiKey(object{"name": "A shop"})
		p.must(200, "GET", "/events", key, nil)
		p.exec(sql, id)
		p.untilRefused(key, time.Now())
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
				if a.status != 200 && a.status != 409 && a.status != 503 { // others change it, too
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
	elsewhere.untilRefused(first.text("key"), time.Now())
	for _, at := range []*program{p, elsewhere} {
		at.must(200, "GET", "/events", second.text("key"), nil)
	}
	require.False(t, bytes.Contains(p.must(200, "GET", "/admin/api-keys", p.admin, nil).raw, []byte(second.text("key")[36:])))
}

// holdFor holds a seat with a key for a customer of the shop.
func (p *program) holdFor(key, event, customer, seat string, headers ...string) *answer {
	return p.call("POST", "/bookings", key, object{"eventId": event, "seats": []string{seat}, "customer": object{"externalId": customer}}, headers...)
}

func TestAPIKeys_SellToCustomersOfTheShop(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 20, object{"maxSeatsPerCustomer": 2})
	_, key := p.apiKey(object{"name": "A shop", "scopes": []string{"bookings:write", "bookings:read", "refunds:write"}})
	email := uuid.NewString() + "@example.org"
	held := p.must(201, "POST", "/bookings", key, object{"eventId": event, "seats": []string{"A-1-1"},
		"customer": object{"externalId": "C-1", "email": "  " + strings.ToUpper(email), "name": "Ada"}})
	booking := "/bookings/" + held.text("id")
	require.Equal(t, held.text("id"), p.must(200, "GET", booking, key, nil).text("id"))
	p.must(201, "POST", booking+"/payments", key, object{"method": "mock", "token": "tok_ok"})
	require.Len(t, p.must(200, "GET", booking+"/payments", key, nil).items(), 1)
	eventually(t, 30*time.Second, "the tickets", func() bool { return len(mailsTo(t, email)) == 1 })
	require.Contains(t, mailsTo(t, email)[0].Text, "Hello Ada,")

	found := p.must(200, "GET", "/admin/bookings?email="+url.QueryEscape(email), key, nil).items()
	require.Len(t, found, 1)
	require.Equal(t, object{"id": found[0]["customer"].(object)["id"], "kind": "shop", "externalId": "C-1", "email": email, "name": "Ada"}, found[0]["customer"])

	// The limit is of the customer, whichever key of the shop sells.
	_, other := p.apiKey(object{"name": "A shop", "scopes": []string{"bookings:write"}})
	require.Equal(t, 201, p.holdFor(other, event, "C-1", "A-1-2").status)
	require.Equal(t, "customer_limit", p.holdFor(key, event, "C-1", "A-1-3").text("code"))
	released := p.holdFor(key, event, "C-2", "A-1-4")
	require.Equal(t, "CANCELLED", p.must(200, "DELETE", "/bookings/"+released.text("id"), key, nil).text("status"))
	require.Equal(t, "REFUNDED", p.must(200, "POST", booking+"/refund", key, nil).text("status"))

	// Another shop's customer of that name is somebody else.
	_, elsewhere := p.apiKey(object{"name": "Another shop", "scopes": []string{"bookings:write"}})
	require.Equal(t, 201, p.holdFor(elsewhere, event, "C-1", "A-1-5").status)
	require.Equal(t, 3, p.count(`SELECT count(*) FROM customers`))

	// A user's booking is a booking of the event, too; a user names no customer.
	token, _ := p.user()
	theirs := p.hold(token, event, "A-1-6").text("id")
	p.must(200, "GET", "/bookings/"+theirs, key, nil)
	p.must(404, "GET", booking, token, nil)
	require.Equal(t, "validation_failed", p.holdFor(token, event, "C-1", "A-1-7").text("code"))
	require.Equal(t, "validation_failed", p.hold(key, event, "A-1-7").text("code"))
}

// Nobody can be told, and nothing waits to be sent.
func TestAPIKeys_CustomersWithoutAnAddressGetNoMail(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 2, nil)
	_, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	booking := p.holdFor(key, event, "C-1", "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+booking+"/payments", key, object{"method": "mock", "token": "tok_ok"})
	eventually(t, 30*time.Second, "the mail to be withheld", func() bool {
		return p.count(`SELECT count(*) FROM outbox WHERE booking_id = $1 AND withheld`, booking) == 1
	})
	p.must(200, "POST", "/events/"+event+"/cancel", key, nil)
	eventually(t, 30*time.Second, "the notice to be withheld", func() bool {
		return p.count(`SELECT count(*) FROM notices WHERE booking_id = $1 AND withheld`, booking) == 1
	})
}

func TestAPIKeys_TwoRequestsAtOnceMakeOneCustomer(t *testing.T) {
	t.Parallel()
	p := start(t)
	elsewhere := p.another()
	event := p.event(1, 40, nil)
	_, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	parallel(40, 8, func(i int) {
		at := []*program{p, elsewhere}[i%2]
		if a := at.holdFor(key, event, "C-1", "A-1-"+strconv.Itoa(i+1)); a.status != 201 {
			t.Errorf("%v", a)
		}
	})
	require.Equal(t, 1, p.count(`SELECT count(*) FROM customers`))
	require.Equal(t, 1, p.count(`SELECT count(DISTINCT user_id) FROM bookings`))
}

// An idempotency key is the API key's, whoever the customer is.
func TestAPIKeys_RepeatedHolds(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 9, nil)
	_, key := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	_, other := p.apiKey(object{"name": "A shop", "scopes": eventra.Scopes})
	first := p.holdFor(key, event, "C-1", "A-1-1", "Idempotency-Key: one")
	require.Equal(t, 201, first.status)
	again := p.holdFor(key, event, "C-1", "A-1-1", "Idempotency-Key: one")
	require.Equal(t, first.text("id"), again.text("id"))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, "idempotency_key_reused", p.holdFor(key, event, "C-2", "A-1-1", "Idempotency-Key: one").text("code"))
	require.Equal(t, "seats_unavailable", p.holdFor(other, event, "C-1", "A-1-1", "Idempotency-Key: one").text("code"))
	require.Equal(t, 201, p.holdFor(other, event, "C-1", "A-1-2", "Idempotency-Key: two").status)
}

func TestAPIKeys_NoteMetadata(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 9, nil)
	_, key := p.apiKey(object{"name": "A shop", "scopes": []string{"bookings:write", "bookings:read"}})
	order := object{"order": "4711", "näme": "a \"quoted\" <text>", "empty": ""}
	held := p.must(201, "POST", "/bookings", key, object{"eventId": event, "seats": []string{"A-1-1"}, "metadata": order,
		"customer": object{"externalId": "C-1", "email": "ada@example.com"}})
	require.Equal(t, order, held.body["metadata"])
	path := "/bookings/" + held.text("id")
	p.must(201, "POST", path+"/payments", key, object{"method": "mock", "token": "tok_ok"})
	read := p.must(200, "GET", path, key, nil).body
	require.Equal(t, order, read["metadata"])
	require.NotEmpty(t, read["confirmedAt"])
	require.NotContains(t, read, "endedAt")
	require.Equal(t, "A show", read["event"].(object)["title"])
	require.Equal(t, "C-1", read["customer"].(object)["externalId"])

	require.Equal(t, object{"order": "1"}, p.must(200, "PATCH", path, p.admin, object{"metadata": object{"order": "1"}}).body["metadata"])
	require.NotContains(t, p.must(200, "PATCH", path, key, object{"metadata": object{}}).body, "metadata")
	require.Equal(t, 1, p.count(`SELECT count(*) FROM audit WHERE action = 'booking.metadata'`))

	token, email := p.user()
	mine := p.hold(token, event, "A-1-2").text("id")
	p.must(403, "PATCH", "/bookings/"+mine, token, object{"metadata": order})
	p.must(200, "PATCH", "/bookings/"+mine, key, object{"metadata": order})
	listed := p.must(200, "GET", "/bookings", token, nil).items()[0]
	require.Equal(t, order, listed["metadata"])
	require.Equal(t, email, listed["customer"].(object)["email"])
	for _, wrong := range []object{{strings.Repeat("k", 41): ""}, {"k": strings.Repeat("v", 501)}, {"": "v"}, {"k": "\x00"}, {"k\n": "v"}} {
		p.must(422, "PATCH", path, key, object{"metadata": wrong})
	}
	many := object{}
	for i := range 21 {
		many[strconv.Itoa(i)] = "v"
	}
	p.must(422, "PATCH", path, key, object{"metadata": many})
	require.Equal(t, 422, p.call("POST", "/bookings", token, object{"eventId": event, "seats": []string{"A-1-3"}, "metadata": order}).status)
}
