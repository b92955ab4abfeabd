package http

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// The instance that holds a claim knows that its request is over, also if the store did
// not hear of it.
func TestClaimEnds_ARetryAfterAStallFindsTheKeyFree(t *testing.T) {
	away := eventra.Unavailable("postgres", context.DeadlineExceeded)
	pay := func(ts *testServer) answer {
		return ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
	}
	for name, c := range map[string]struct {
		fails func(ts *testServer) answer // the request that the stall meets
		again bool                        // the retry is carried out again
	}{
		"claimed without an answer": {func(ts *testServer) answer {
			ts.fakes.setKeysAway(away)
			return pay(ts)
		}, true},
		"not released": {func(ts *testServer) answer {
			ts.fakes.pay = func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
				ts.fakes.setKeysAway(away)
				return nil, nil, away
			}
			return pay(ts)
		}, true},
		"not finished": {func(ts *testServer) answer {
			ts.fakes.pay = func(eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
				ts.fakes.setKeysAway(away)
				return nil, nil, eventra.Errorf(eventra.CodeSaleClosed, "closed")
			}
			return pay(ts)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			first := c.fails(ts)
			ts.fakes.setKeysAway(nil)
			ts.fakes.pay = nil
			retry := pay(ts)
			if c.again {
				require.Equal(t, 503, first.StatusCode)
				require.Equal(t, 201, retry.StatusCode, retry.body)
				return
			}
			require.Equal(t, first.body, retry.body)
			require.Equal(t, "true", retry.Header.Get(headerIdempotencyReplayed))
		})
	}
}

// At another instance it finds the key free as well, soon.
func TestClaimEnds_EndInTheBackground(t *testing.T) {
	ts := newTestServer(t)
	ts.fakes.setKeysAway(eventra.Unavailable("postgres", context.DeadlineExceeded))
	ts.send("POST", "/api/v1/bookings/"+ts.bookingID+"/payments", ts.userToken, `{"method":"mock","token":"tok"}`, "Idempotency-Key: k")
	ts.fakes.setKeysAway(nil)
	require.Eventually(t, func() bool {
		ts.fakes.mu.Lock()
		defer ts.fakes.mu.Unlock()
		for _, key := range ts.fakes.keys {
			return !key.taken
		}
		return false
	}, 5*time.Second, time.Millisecond)
}

// countedKeys fails every call, and counts them.
type countedKeys struct{ calls atomic.Int64 }

func (k *countedKeys) Begin(context.Context, *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error) {
	panic("not called")
}

func (k *countedKeys) Finish(context.Context, *eventra.IdempotencyAttempt, eventra.StoredResponse) error {
	k.calls.Add(1)
	return eventra.Unavailable("postgres", nil)
}

func (k *countedKeys) Release(context.Context, *eventra.IdempotencyAttempt) error {
	k.calls.Add(1)
	return eventra.Unavailable("postgres", nil)
}

func newTestAttempt() *eventra.IdempotencyAttempt {
	return &eventra.IdempotencyAttempt{Key: eventra.IdempotencyKey{UserID: newID()}, ResourceID: newID()}
}

func TestClaimEnds_AreBounded(t *testing.T) {
	t.Parallel()
	ends := newClaimEnds(&countedKeys{}, slog.New(slog.DiscardHandler))
	outcome := &eventra.StoredResponse{Status: 201, Body: make([]byte, 64<<10)}
	for range claimEndsMax + 10 {
		ends.end(newTestAttempt(), outcome)
	}
	require.Len(t, ends.all(), claimEndsMax)
	require.Equal(t, claimEndOutcomesMaxBytes, ends.bytes)
	ends.close()
	require.Empty(t, ends.all())
	require.Zero(t, ends.bytes)
}

func TestClaimEnds_HaveABudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := &countedKeys{}
		ends := newClaimEnds(keys, slog.New(slog.DiscardHandler))
		ends.end(newTestAttempt(), nil)
		over := ends.all()[0].over
		begun := time.Now()
		<-over
		require.InDelta(t, claimEndBudget.Seconds(), time.Since(begun).Seconds(), 1)
		require.LessOrEqual(t, keys.calls.Load(), int64(claimEndBudget/claimEndPauseMax+10))
	})
}
