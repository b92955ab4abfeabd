package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestIdempotency_AfterAStallOfPostgres: a request's claim arrives while PostgreSQL answers
// nobody. When it answers again, a retry is carried out, long before the claim's lease ends.
func TestIdempotency_AfterAStallOfPostgres(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	postgres := through(t, &cfg.PostgresURL)
	p := startWith(t, cfg)
	event := p.event(2, 10, nil)
	token, _ := p.user()
	body := object{"eventId": event, "seats": []string{"A-1-1"}}
	p.must(201, "POST", "/bookings", token, object{"eventId": event, "seats": []string{"A-2-1"}}, "Idempotency-Key: warm")

	swallowed := make(chan struct{})
	postgres.SwallowReplies(func() { close(swallowed) })
	stalled := p.call("POST", "/bookings", token, body, "Idempotency-Key: k")
	<-swallowed
	require.Equal(t, 503, stalled.status, stalled)
	postgres.Restore()
	var retry *answer
	var codes []string
	eventually(t, 5*time.Second, "the retry's answer", func() bool {
		retry = p.call("POST", "/bookings", token, body, "Idempotency-Key: k")
		codes = append(codes, retry.text("code"))
		return retry.status == 201
	})
	require.NotContains(t, codes, "idempotency_in_progress")
	again := p.must(201, "POST", "/bookings", token, body, "Idempotency-Key: k")
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, retry.text("id"), again.text("id"))
}

// TestIdempotency_OutlivesTheSecret: a retried payment has its first outcome after a restart
// with another secret, and so has a registration.
func TestIdempotency_OutlivesTheSecret(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 2, nil)
	token, email := p.user()
	booking := p.hold(token, event, "A-1-1").text("id")
	body := object{"method": "mock", "token": "tok_ok"}
	first := p.must(201, "POST", "/bookings/"+booking+"/payments", token, body, "Idempotency-Key: k")
	account := object{"email": "k" + email, "password": "correct horse battery", "name": "A"}
	registered := p.must(201, "POST", "/auth/register", "", account, "Idempotency-Key: k")

	p.stop()
	p.cfg.JWTSecret = "another-end-to-end-secret-of-32-bytes-or-more"
	p.boot()
	token = p.login(email, "correct horse")
	again := p.must(201, "POST", "/bookings/"+booking+"/payments", token, body, "Idempotency-Key: k")
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, first.raw, again.raw)
	renewed := p.must(201, "POST", "/auth/register", "", account, "Idempotency-Key: k")
	require.Equal(t, registered.body["user"], renewed.body["user"])
}

// TestIdempotency_StoresNoPath: a key changes nothing about what an odd path is answered, and
// leaves no row.
func TestIdempotency_StoresNoPath(t *testing.T) {
	t.Parallel()
	p := start(t)
	user, _ := p.user()
	for _, id := range []string{"nonsense", "%ff", "%00", "%ed%a0%80", strings.Repeat("x", 3000), "%F0%9F%98%80"} {
		for path, code := range map[string]string{"/bookings/" + id + "/payments": "not_found", "/bookings/" + id + "/refund": "not_found",
			"/events/" + id + "/publish": "event_not_found", "/events/" + id + "/cancel": "event_not_found", "/events/" + id + "/seats": "event_not_found"} {
			token, body := p.admin, any(nil)
			if strings.HasSuffix(path, "/payments") {
				token, body = user, object{"method": "mock", "token": "tok_ok"}
			}
			if strings.HasSuffix(path, "/seats") {
				body = object{"seats": []object{}}
			}
			a := p.must(404, "POST", path, token, body, "Idempotency-Key: k")
			require.Equal(t, code, a.text("code"))
		}
	}
	require.Zero(t, p.count(`SELECT count(*) FROM idempotency_keys`))
}

// forgetOutcome makes the key's row as a process leaves it that ends after it has written
// what the request makes, and before it has stored the outcome.
func (p *program) forgetOutcome(key string) {
	p.t.Helper()
	require.Equal(p.t, 1, p.count(`WITH forgotten AS (UPDATE idempotency_keys SET status = NULL, content_type = NULL, location = NULL, body = NULL,
		held = false, locked_until = now() WHERE key = $1 RETURNING key) SELECT count(*) FROM forgotten`, key))
}

// TestIdempotency_AfterACrash: every request under a key has its first outcome again, also if
// no outcome was stored. If what it made has ended since, it finds that.
func TestIdempotency_AfterACrash(t *testing.T) {
	t.Parallel()
	p := start(t)
	user, _ := p.user()
	seats := func(section string) object {
		return object{"sections": []object{{"name": section, "rowCount": 2, "seatsPerRow": 3, "price": object{"amount": 2500, "currency": "EUR"}}}}
	}
	var event, booking string
	steps := []struct {
		key, path, token string
		body             any
		status           int
		since            func() // happens before the request is repeated
	}{
		{"event", "/events", p.admin, eventBody(), 201, func() {}},
		{"seats", "/events/{event}/seats", p.admin, seats("A"), 201, func() { p.must(201, "POST", "/events/"+event+"/seats", p.admin, seats("B")) }},
		{"publish", "/events/{event}/publish", p.admin, nil, 200, func() {}},
		{"hold", "/bookings", user, object{"eventId": "{event}", "seats": []string{"A-1-1"}}, 201, func() {}},
		{"payment", "/bookings/{booking}/payments", user, object{"method": "mock", "token": "tok_ok"}, 201, func() {}},
		{"refund", "/bookings/{booking}/refund", p.admin, nil, 200, func() {}},
		{"cancel", "/events/{event}/cancel", p.admin, nil, 200, func() {}},
	}
	send := func(i int) *answer {
		fill := strings.NewReplacer("{event}", event, "{booking}", booking)
		body := steps[i].body
		if of, ok := body.(object); ok && of["eventId"] != nil {
			body = with(maps.Clone(of), "eventId", event)
		}
		return p.must(steps[i].status, "POST", fill.Replace(steps[i].path), steps[i].token, body, "Idempotency-Key: "+steps[i].key)
	}
	first := make([]*answer, len(steps))
	for i, step := range steps {
		first[i] = send(i)
		switch step.key {
		case "event":
			event = first[i].text("id")
		case "hold":
			booking = first[i].text("id")
		}
		step.since()
		p.forgetOutcome(step.key)
		again := send(i)
		require.Empty(t, again.header.Get("Idempotency-Replayed"), step.key)
		require.Equal(t, string(first[i].raw), string(again.raw), step.key)
	}

	// The event is cancelled, and what the first requests made has ended since.
	for i, step := range steps {
		p.forgetOutcome(step.key)
		if step.key == "payment" {
			steps[i].status = 409 // already_paid: its money went back
		}
		again := send(i)
		if step.key == "payment" {
			again.body = again.body["payment"].(object)
		}
		require.Equal(t, first[i].text("id"), again.text("id"), step.key)
		if step.key == "seats" {
			require.Equal(t, string(first[i].raw), string(again.raw))
		}
	}
	require.Equal(t, 1, p.count(`SELECT count(*) FROM payments`))
	require.Equal(t, 1, p.count(`SELECT count(*) FROM bookings`))
	require.Equal(t, 12, p.count(`SELECT count(*) FROM seats`))
	other := p.call("POST", "/events/"+event+"/publish", p.admin, nil, "Idempotency-Key: another")
	require.Equal(t, "invalid_transition", other.text("code"), other)
	other = p.call("POST", "/events/"+event+"/seats", p.admin, seats("A"), "Idempotency-Key: others")
	require.Equal(t, "event_locked", other.text("code"), other)
}
