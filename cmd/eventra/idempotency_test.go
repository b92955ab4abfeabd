package main

import (
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
