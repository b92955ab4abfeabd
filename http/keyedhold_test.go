package http

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func (ts *testServer) holdWithKey(key string) answer {
	return ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`, "Idempotency-Key: "+key)
}

// onlyKey is the one key that is stored.
func (ts *testServer) onlyKey() *fakeKey {
	ts.t.Helper()
	require.Len(ts.t, ts.fakes.keys, 1)
	for _, key := range ts.fakes.keys {
		return key
	}
	return nil
}

func TestKeyedHold_IsNotClaimedBefore(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.beforeBegin = func() { t.Error("a hold that succeeds claims nothing") }
	require.Equal(t, 201, ts.holdWithKey("k").StatusCode)
	require.True(t, ts.onlyKey().held)
}

// A replay shows the hold as it was made, at this instance and at others.
func TestKeyedHold_ReplaysTheHoldAsItWasMade(t *testing.T) {
	ts := newTestServer(t)
	first := ts.holdWithKey("k")
	require.Equal(t, 201, first.StatusCode)
	booking := ts.fakes.bookings[ts.onlyKey().id]
	booking.PaymentID, booking.PayingUntil = newID(), time.Now()
	for _, status := range []eventra.BookingStatus{eventra.BookingHeld, eventra.BookingConfirmed, eventra.BookingExpired} {
		booking.Status, booking.ReplacedBy = status, newID()
		again := ts.holdWithKey("k")
		require.Equal(t, 201, again.StatusCode)
		require.Equal(t, first.body, again.body)
		require.Equal(t, "true", again.Header.Get(headerIdempotencyReplayed))
		for _, name := range []string{"Location", "Content-Type"} {
			require.Equal(t, first.Header.Get(name), again.Header.Get(name))
		}
		ts.server.holdKeys = newHoldKeys() // as another instance
	}
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		return nil, &eventra.Error{Code: eventra.CodeSeatsUnavailable, Seats: []string{"A-1-1"}}
	}
	require.Equal(t, first.body, ts.holdWithKey("k").body, "its own booking has the seats")
}

// A refusal is stored after it was decided, and then stays.
func TestKeyedHold_StoresRefusals(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	first := ts.holdWithKey("k")
	ts.problem(first, 409, eventra.CodeNotEnoughSeats)
	ts.fakes.hold = nil
	again := ts.holdWithKey("k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get(headerIdempotencyReplayed))
}

// A refusal may be for the seats that an earlier attempt got. While the key cannot be
// asked for, there is no answer.
func TestKeyedHold_RefusesNothingWhileTheKeyIsUnknown(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		ts.fakes.keysAway = eventra.Unavailable("postgres", nil) // the fake's lock is held
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	ts.problem(ts.holdWithKey("k"), 503, eventra.CodeUnavailable)
}

// An attempt of a member of the release before, or one that met such a member, goes on.
func TestKeyedHold_TakesAnEarlierClaimOver(t *testing.T) {
	ts := newTestServer(t)
	require.Equal(t, 201, ts.holdWithKey("k").StatusCode)
	key := ts.onlyKey()
	key.held = false
	again := ts.holdWithKey("k")
	require.Equal(t, 201, again.StatusCode)
	require.Contains(t, again.body, key.id.String())
	require.EqualValues(t, 1, ts.fakes.heldAgain.Load())
	require.NotNil(t, key.stored)
}

func TestKeyedHold_ClaimsTheKeyOfAnOwnerThatKnowsNone(t *testing.T) {
	ts := newTestServer(t)
	asked := 0
	ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		if asked++; cmd.Attempt != nil {
			return nil, eventra.ErrClaimKeyFirst
		}
		return &eventra.Booking{ID: cmd.BookingID, Status: eventra.BookingHeld, Total: eventra.Money{Currency: "EUR"}}, nil
	}
	first, again := ts.holdWithKey("k"), ts.holdWithKey("k")
	require.Equal(t, 201, first.StatusCode)
	require.Equal(t, first.body, again.body)
	require.Equal(t, 2, asked)
}

// The warning is no part of the booking, so the answer is stored as other requests' are.
func TestKeyedHold_RepeatsTheWarning(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		if cmd.Attempt != nil {
			return nil, eventra.ErrClaimKeyFirst
		}
		return &eventra.Booking{ID: cmd.BookingID, Status: eventra.BookingHeld, Total: eventra.Money{Currency: "EUR"}, LeavesSingleSeat: true}, nil
	}
	first, again := ts.holdWithKey("k"), ts.holdWithKey("k")
	require.Equal(t, 201, first.StatusCode)
	require.Contains(t, first.body, `"warnings":["leaves_single_seat"]`)
	require.Equal(t, first.body, again.body)
}

func TestKeyedHold_CountsNewKeys(t *testing.T) {
	ts := newTestServer(t, limits(rateKeys, 2))
	for _, key := range []string{"a", "a", "b", "b"} {
		require.Equal(t, 201, ts.holdWithKey(key).StatusCode)
	}
	ts.problem(ts.holdWithKey("c"), 429, eventra.CodeRateLimited)
	require.Equal(t, 201, ts.holdWithKey("a").StatusCode)
}

func TestHoldKeys_AreBounded(t *testing.T) {
	t.Parallel()
	keys := newHoldKeys()
	first := newTestAttempt()
	for i := range 3*holdKeysUsedMax + 1 {
		attempt := newTestAttempt()
		if i == 0 {
			attempt = first
		}
		used, err := keys.begin(attempt)
		require.NoError(t, err)
		require.False(t, used)
		keys.end(attempt.Key, true)
		if i == holdKeysUsedMax {
			used, err = keys.begin(first)
			require.NoError(t, err)
			require.True(t, used)
			keys.end(first.Key, false)
		}
	}
	require.LessOrEqual(t, len(keys.used)+len(keys.past), 2*holdKeysUsedMax)
	require.Empty(t, keys.running)
	used, err := keys.begin(first)
	require.NoError(t, err)
	require.False(t, used, "forgotten")
}
