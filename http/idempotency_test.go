package http

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestSameKeyGetsTheFirstOutcomeAgain(t *testing.T) {
	w := newWorld(t)
	body := `{"eventId":"` + w.published + `","seats":["A-1-1"]}`
	first, a := w.ok(201, "POST", "/api/v1/bookings", w.userToken, body, "Idempotency-Key: k1")
	require.Empty(t, a.Header.Get("Idempotency-Replayed"))
	again, b := w.ok(201, "POST", "/api/v1/bookings", w.userToken, body, "Idempotency-Key: k1")
	require.Equal(t, "true", b.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first, again)
	require.Equal(t, a.Header.Get("Location"), b.Header.Get("Location"))

	other, _ := w.ok(201, "POST", "/api/v1/bookings", w.otherToken, body, "Idempotency-Key: k1")
	require.NotEqual(t, first["id"], other["id"], "another user's key is another key")
	fresh, _ := w.ok(201, "POST", "/api/v1/bookings", w.userToken, body)
	require.NotEqual(t, first["id"], fresh["id"])
}

func TestSameKeyOtherBody(t *testing.T) {
	w := newWorld(t)
	body := `{"eventId":"` + w.published + `","seats":["A-1-1"]}`
	w.ok(201, "POST", "/api/v1/bookings", w.userToken, body, "Idempotency-Key: k1")
	a := w.send("POST", "/api/v1/bookings", w.userToken, strings.Replace(body, "A-1-1", "A-1-2", 1), "Idempotency-Key: k1")
	w.problem(a, 422, eventra.CodeIdempotencyKeyReused)
}

func TestFirstCallStillRunning(t *testing.T) {
	w := newWorld(t)
	body := `{"eventId":"` + w.published + `","seats":["A-1-1"]}`
	var second answer
	w.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		w.fakes.mu.Unlock()
		defer w.fakes.mu.Lock()
		second = w.send("POST", "/api/v1/bookings", w.userToken, body, "Idempotency-Key: k1")
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	first := w.send("POST", "/api/v1/bookings", w.userToken, body, "Idempotency-Key: k1")
	w.problem(first, 409, eventra.CodeNotEnoughSeats)
	w.problem(second, 409, eventra.CodeIdempotencyInProgress)
	require.Equal(t, "1", second.Header.Get("Retry-After"))
}

func TestOnlyFinalOutcomesAreKept(t *testing.T) {
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
			w := newWorld(t)
			var ids []eventra.ID
			w.fakes.pay = func(r eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
				ids = append(ids, r.PaymentID)
				return nil, nil, c.err
			}
			pay := func() answer {
				return w.send("POST", "/api/v1/bookings/"+w.bookingID+"/payments", w.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
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

func TestHoldWithoutAnOutcomeIsAskedForAsSuch(t *testing.T) {
	w := newWorld(t)
	hold := func() answer {
		return w.send("POST", "/api/v1/bookings", w.userToken, `{"eventId":"`+w.published+`","seats":["A-1-1"]}`, "Idempotency-Key: k")
	}
	w.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		return nil, eventra.Unavailable("the event", nil)
	}
	w.problem(hold(), 503, eventra.CodeUnavailable)
	require.Zero(t, w.fakes.heldAgain.Load())
	w.fakes.hold = nil
	require.Equal(t, 201, hold().StatusCode)
	require.EqualValues(t, 1, w.fakes.heldAgain.Load())
	require.Equal(t, 201, hold().StatusCode)
	require.EqualValues(t, 1, w.fakes.heldAgain.Load(), "replayed")
}

func TestKeyIsFreeAgainAfterAPanic(t *testing.T) {
	w := newWorld(t)
	w.fakes.pay = func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) { panic("oops") }
	for range 2 {
		a := w.send("POST", "/api/v1/bookings/"+w.bookingID+"/payments", w.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
		w.problem(a, 500, eventra.CodeInternal)
		require.NotContains(t, a.body, "oops")
	}
	require.Contains(t, w.logged(), "oops")
}

func TestRegistrationIsRepeatedWithoutKeepingTokens(t *testing.T) {
	w := newWorld(t)
	first, _ := w.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	for _, key := range w.fakes.keys {
		require.Empty(t, key.stored.Body)
	}
	again, a := w.ok(201, "POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k1")
	require.Equal(t, "true", a.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first["user"], again["user"])
	require.NotEqual(t, first["refreshToken"], again["refreshToken"])
	w.ok(200, "GET", "/api/v1/auth/me", again["accessToken"].(string), "")

	w.problem(w.send("POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k2"), 409, eventra.CodeEmailTaken)
	a = w.send("POST", "/api/v1/auth/register", "", registration, "Idempotency-Key: k2")
	w.problemReplayed(a, 409, eventra.CodeEmailTaken)
	a = w.send("POST", "/api/v1/auth/register", "", strings.Replace(registration, "correct", "another", 1), "Idempotency-Key: k1")
	w.problem(a, 422, eventra.CodeIdempotencyKeyReused)
}

// problemReplayed checks a problem that tells the first request's id.
func (w *world) problemReplayed(a answer, status int, code eventra.Code) {
	w.t.Helper()
	require.Equal(w.t, status, a.StatusCode)
	require.Contains(w.t, a.body, `"code":"`+string(code)+`"`)
	require.Equal(w.t, "true", a.Header.Get("Idempotency-Replayed"))
	require.Equal(w.t, mimeProblem, a.Header.Get("Content-Type"))
}
