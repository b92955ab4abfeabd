package http

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestIdempotency_ReplaysTheFirstOutcome(t *testing.T) {
	ts := newTestServer(t)
	body := `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	first, a := ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
	require.Empty(t, a.Header.Get("Idempotency-Replayed"))
	again, b := ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
	require.Equal(t, "true", b.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first, again)
	require.Equal(t, a.Header.Get("Location"), b.Header.Get("Location"))

	other, _ := ts.ok(201, "POST", "/api/v1/bookings", ts.otherToken, body, "Idempotency-Key: k1")
	require.NotEqual(t, first["id"], other["id"], "another user's key is another key")
	fresh, _ := ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body)
	require.NotEqual(t, first["id"], fresh["id"])
}

func TestIdempotency_RefusesAnotherBody(t *testing.T) {
	ts := newTestServer(t)
	body := `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
	a := ts.send("POST", "/api/v1/bookings", ts.userToken, strings.Replace(body, "A-1-1", "A-1-2", 1), "Idempotency-Key: k1")
	ts.problem(a, 422, eventra.CodeIdempotencyKeyReused)
}

// A path that names nothing is refused as without a key, and takes no row. An id counts,
// not its spelling.
func TestIdempotency_IsScopedToTheResource(t *testing.T) {
	ts := newTestServer(t)
	for _, route := range []struct{ before, after, token string }{
		{"/api/v1/bookings/", "/payments", ts.userToken},
		{"/api/v1/bookings/", "/refund", ts.adminToken},
		{"/api/v1/events/", "/publish", ts.adminToken},
		{"/api/v1/events/", "/cancel", ts.adminToken},
		{"/api/v1/events/", "/seats", ts.adminToken},
	} {
		for _, id := range []string{"\xff", "%ff", "%00", strings.Repeat("x", 3000), ts.bookingID + "x", "%30" + ts.bookingID[1:], "{" + ts.bookingID + "}", "ß", "*"} {
			request := "POST " + route.before + id + route.after + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + route.token +
				"\r\nContent-Length: 0\r\nConnection: close\r\n"
			without := ts.wire(request + "\r\n")
			with := ts.wire(request + "Idempotency-Key: k\r\n\r\n")
			require.Contains(t, []int{400, 404}, without.StatusCode, "%s%q%s", route.before, id, route.after)
			require.Equal(t, without.StatusCode, with.StatusCode, "%s%q%s: %s", route.before, id, route.after, with.body)
		}
	}
	require.Empty(t, ts.fakes.keys)

	body := `{"method":"mock","token":"tok"}`
	first, _ := ts.ok(201, "POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, body, "Idempotency-Key: k")
	again, a := ts.ok(201, "POST", "/api/v1/bookings/"+strings.ToUpper(ts.bookingID)+"/payments", ts.userToken, body, "Idempotency-Key: k")
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first, again)
	require.Len(t, ts.fakes.keys, 1)
}

func TestIdempotency_RefusesWhileTheFirstCallRuns(t *testing.T) {
	ts := newTestServer(t)
	body := `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	var second answer
	ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		ts.fakes.mu.Unlock()
		defer ts.fakes.mu.Lock()
		second = ts.send("POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	first := ts.send("POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
	ts.problem(first, 409, eventra.CodeNotEnoughSeats)
	ts.problem(second, 409, eventra.CodeIdempotencyInProgress)
	require.Equal(t, "1", second.Header.Get("Retry-After"))
}

func TestIdempotency_KeepsOnlyFinalOutcomes(t *testing.T) {
	payment := &eventra.Payment{ID: newID(), Method: "mock", Amount: eventra.Money{Amount: 1, Currency: "EUR"}, Status: eventra.PaymentFailed}
	for _, c := range []struct {
		err  error
		kept bool
	}{
		{eventra.Errorf(eventra.CodeSaleClosed, "closed"), true},
		{eventra.Errorf(eventra.CodePaymentDeclined, "no"), true},
		{&eventra.Error{Code: eventra.CodePaymentUnavailable, Payment: payment}, true},
		{&eventra.Error{Code: eventra.CodeHoldExpired, Payment: payment}, true},
		{eventra.Errorf(eventra.CodePaymentUnavailable, "unclear"), false},
		{eventra.Errorf(eventra.CodePaymentInProgress, "wait"), false},
		{eventra.Errorf(eventra.CodeOverloaded, "wait"), false},
		{eventra.Errorf(eventra.CodeUnavailable, "wait"), false},
		{context.DeadlineExceeded, false},
		{eventra.Errorf(eventra.CodeInternal, "oops"), false},
		{eventra.Errorf(eventra.CodeRateLimited, "wait"), false},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			ts := newTestServer(t)
			var ids []eventra.ID
			ts.fakes.pay = func(r eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
				ids = append(ids, r.PaymentID)
				return nil, nil, c.err
			}
			pay := func() answer {
				return ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
			}
			a, b := pay(), pay()
			require.Equal(t, a.StatusCode, b.StatusCode)
			if c.kept {
				require.Len(t, ids, 1)
				require.Equal(t, "true", b.Header.Get("Idempotency-Replayed"))
				require.Equal(t, a.body, b.body)
				require.Equal(t, a.Header.Get("Content-Type"), b.Header.Get("Content-Type"))
				require.Equal(t, a.Header.Get("Retry-After"), b.Header.Get("Retry-After"))
				return
			}
			require.Len(t, ids, 2)
			require.Equal(t, ids[0], ids[1], "a retry makes the same payment")
			require.Empty(t, b.Header.Get("Idempotency-Replayed"))
		})
	}
}

func TestIdempotency_RetriesAHoldWithoutAnOutcome(t *testing.T) {
	ts := newTestServer(t)
	hold := func() answer {
		return ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`, "Idempotency-Key: k")
	}
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		return nil, eventra.Unavailable("the event", nil)
	}
	ts.problem(hold(), 503, eventra.CodeUnavailable)
	require.Empty(t, ts.fakes.keys, "nothing is made, and no key is used")
	ts.fakes.hold = nil
	first := hold()
	require.Equal(t, 201, first.StatusCode)
	require.Empty(t, first.Header.Get(headerIdempotencyReplayed))
	again := hold()
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get(headerIdempotencyReplayed))
	require.Zero(t, ts.fakes.heldAgain.Load())
}

func TestIdempotency_ReleasesTheKeyAfterAPanic(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.pay = func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) { panic("oops") }
	for range 2 {
		a := ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
		ts.problem(a, 500, eventra.CodeInternal)
		require.NotContains(t, a.body, "oops")
	}
	require.Contains(t, ts.logged(), "oops")
}

func TestIdempotency_RenewsTheTokensOfARegistration(t *testing.T) {
	ts := newTestServer(t)
	first, _ := ts.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	for _, key := range ts.fakes.keys {
		require.Empty(t, key.stored.Body)
	}
	again, a := ts.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first["user"], again["user"])
	require.NotEqual(t, first["refreshToken"], again["refreshToken"])
	ts.ok(200, "GET", "/api/v1/auth/me", again["accessToken"].(string), "")

	for range 2 {
		ts.problem(ts.send("POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k2"), 409, eventra.CodeEmailTaken)
	}
	a = ts.send("POST", "/api/v1/auth/register", "", strings.Replace(registration, "correct", "another", 1), "Idempotency-Key: k1")
	ts.problem(a, 422, eventra.CodeIdempotencyKeyReused)
}

// Two people may choose the same key, and one who corrects a password may keep it.
func TestIdempotency_IsScopedToThePersonWhoRegisters(t *testing.T) {
	ts := newTestServer(t)
	send := func(email, password string) answer {
		return ts.send("POST", "/api/v1/auth/register", "", `{"email":"`+email+`","password":"`+password+`","name":"A"}`, "Idempotency-Key: 1")
	}
	require.Equal(t, 201, send("a@example.org", "correct horse").StatusCode)
	require.Equal(t, 201, send("b@example.org", "correct horse").StatusCode)
	ts.problem(send(" A@Example.org ", "correct horse"), 422, eventra.CodeIdempotencyKeyReused)
	ts.problem(send("a@example.org", "another horse"), 422, eventra.CodeIdempotencyKeyReused)
	ts.problem(send("c@example.org", "short"), 422, eventra.CodeValidationFailed)
	require.Equal(t, 201, send("c@example.org", "long enough").StatusCode)
	ts.problem(send("d@", "correct horse"), 422, eventra.CodeValidationFailed)
	for _, body := range []string{`{}`, `[]`, `{"email":7}`, `{"email":"a@example.org","email":"b@example.org"}`, `{`} {
		without := ts.send("POST", "/api/v1/auth/register", "", body)
		require.Equal(t, without.StatusCode, ts.send("POST", "/api/v1/auth/register", "", body, "Idempotency-Key: 1").StatusCode, body)
	}
}

// A claim that nobody finished gives no session to one who knows key and address alone.
func TestIdempotency_AsksForThePasswordOfAnAccountThatAnEarlierTryMade(t *testing.T) {
	ts := newTestServer(t)
	first, _ := ts.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	for _, key := range ts.fakes.keys {
		key.stored = nil
	}
	other := strings.Replace(registration, "correct", "another", 1)
	ts.problem(ts.send("POST", "/api/v1/auth/register", "", other, "Idempotency-Key: k1"), 422, eventra.CodeIdempotencyKeyReused)
	again, _ := ts.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	require.Equal(t, first["user"], again["user"])
}

func TestIdempotency_ComparesBodiesAsJSONValues(t *testing.T) {
	ts := newTestServer(t)
	send := func(body string) answer {
		return ts.send("POST", "/api/v1/bookings", ts.userToken, body, "Idempotency-Key: k1")
	}
	require.Equal(t, 201, send(`{"eventId":"`+ts.published+`","bestAvailable":{"quantity":2,"section":"A"}}`).StatusCode)
	for _, same := range []string{
		` { "bestAvailable" : {"section":"\u0041", "quantity": 2.0 } , "eventId":"` + ts.published + `"}` + "\n",
	} {
		require.Equal(t, "true", send(same).Header.Get("Idempotency-Replayed"), same)
	}
	ts.problem(send(`{"eventId":"`+ts.published+`","bestAvailable":{"quantity":3,"section":"A"}}`), 422, eventra.CodeIdempotencyKeyReused)
	ts.problem(send(`{"eventId":"`+ts.published+`","eventId":"`+ts.published+`"}`), 400, eventra.CodeMalformedBody)
	ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, `{}`, "Idempotency-Key: k2", "Content-Type: text/plain"), 415, eventra.CodeUnsupportedMediaType)
	require.Len(t, ts.fakes.keys, 1)
}

// A secret that changes makes no other request of a repetition.
func TestIdempotency_OutlivesTheSecret(t *testing.T) {
	before := newTestServer(t)
	after := &testServer{t: t, fakes: before.fakes, log: &logBuffer{}}
	cfg := after.config()
	cfg.JWTSecrets = [][]byte{[]byte("another secret of at least 32 bytes")}
	after.start(cfg)
	token, err := after.server.accessTokens.Issue(before.user, newID(), time.Now())
	require.NoError(t, err)
	path, body := "/api/v1/bookings/"+before.bookingID+"/payments", `{"method":"mock","token":"tok"}`
	first, _ := before.ok(201, "POST", path, before.userToken, body, "Idempotency-Key: k1")
	again, a := after.ok(201, "POST", path, token, body, "Idempotency-Key: k1")
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first, again)
	before.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	after.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
}
